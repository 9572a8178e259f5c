// What the browser tests share: Debian's Chromium, the sizes and colour schemes that pages are looked at in, and the
// accessibility check.
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import path from "node:path";
import assert from "node:assert/strict";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export const root = fileURLToPath(new URL("../../", import.meta.url));
export const screenshots = process.env.DJEMBE_TEST_SCREENSHOTS ?? path.join(root, "build/screenshots");

// In the dark a page is the same but for its colors: axe-core asks for those alone.
export const looks = [
  { name: "desktop-light", viewport: { width: 1280, height: 800 }, colorScheme: "light" },
  { name: "desktop-dark", viewport: { width: 1280, height: 800 }, colorScheme: "dark", rules: ["color-contrast", "link-in-text-block"] },
  { name: "phone-light", viewport: { width: 390, height: 844 }, colorScheme: "light" },
  { name: "phone-dark", viewport: { width: 390, height: 844 }, colorScheme: "dark", rules: ["color-contrast", "link-in-text-block"] },
];

export function launch() {
  return chromium.launch({
    executablePath: process.env.DJEMBE_TEST_CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync",
    ],
  });
}

// The page in each look: a picture, nothing wider than the screen, and no finding of axe-core. The library is run from a string in a world
// of its own: the site's CSP stays in force.
export async function inspect(page, name) {
  mkdirSync(screenshots, { recursive: true });
  await page.evaluate(axe);
  for (const look of looks) {
    await page.setViewportSize(look.viewport);
    await page.emulateMedia({ colorScheme: look.colorScheme });
    await page.screenshot({ path: path.join(screenshots, `${name}-${look.name}.png`), fullPage: true });
    const [wide, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(wide <= screen, `${name}, ${look.name}: the page is ${wide} wide on a screen of ${screen}`);
    const { violations } = await page.evaluate((rules) => window.axe.run({ runOnly: rules, resultTypes: ["violations"] }), look.rules);
    const told = violations.flatMap((violation) =>
      violation.nodes.map((node) => `${violation.id}: ${node.html}\n    ${node.failureSummary}`));
    assert.deepEqual(told, [], `${name}, ${look.name}`);
  }
}
