// Every template with the examples in tests/unit/web_pages/pages, rendered by render_page, in a real browser: nothing for axe-core to
// find, nothing wider than the screen, and pictures of each to look at. Needs no running instance.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inspect, launch, root } from "./browser.mjs";
import { makePicture } from "./picture.mjs";

const renderer = process.env.DJEMBE_RENDER_PAGE ?? path.join(root, "build/asan/bin/render_page");
const examples = path.join(root, "tests/unit/web_pages/pages");
const types = { ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml" };
const read = (name) => JSON.parse(readFileSync(path.join(examples, `${name}.json`), "utf8"));

function render(name) {
  const context = { ...read("site"), ...read(name) };
  const template = name.replace(/-.*/, "").replace(".", "/"); // backup.group-own: how templates/backup/group shows it to its owner
  return execFileSync(renderer, [path.join(root, "services/web/templates"), template], { input: JSON.stringify(context) });
}

let browser, page, shown;
const complaints = [];
before(async () => {
  assert.ok(existsSync(renderer), `${renderer} is not there: build it, or name another in DJEMBE_RENDER_PAGE`);
  browser = await launch();
  page = await browser.newPage(); // one for all: each takes longer to begin than a page to show
  await page.route("**/*", (route) => {
    const { pathname } = new URL(route.request().url());
    const [, width, height] = /^\/image\/\w+\/(\d+)x(\d+)-/.exec(pathname) ?? []; // as the examples name them
    if (width) return route.fulfill({ contentType: "image/png", body: makePicture(+width, +height, [214, 122, 48], [60, 30, 20]) });
    if (pathname === "/page") return route.fulfill({ contentType: "text/html; charset=utf-8", body: render(shown) });
    const body = readFileSync(path.join(root, "services/web", pathname));
    return route.fulfill({ contentType: types[path.extname(pathname)], body });
  });
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
});
after(() => browser?.close());

for (const name of readdirSync(examples).map((file) => path.basename(file, ".json")).filter((n) => n !== "site")) {
  test(`the page ${name} is fit to be seen`, async () => {
    shown = name;
    complaints.length = 0;
    await page.goto("http://djembe.test/page");
    await inspect(page, `page-${name}`);
    assert.deepEqual(complaints, []);
  });
}
