// Where the tests of a file begin, against a running instance: a browser, members who sign up in it, and an album that one of them adds.
//
//   DJEMBE_TEST_WEB_URL   http://127.0.0.1:8080
//   DJEMBE_VAR            the instance's folder: its operator makes the invitations
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import path from "node:path";
import { after } from "node:test";
import { inspect, launch, root } from "./browser.mjs";
import { makeTorrent } from "./torrent.mjs";

export const site = process.env.DJEMBE_TEST_WEB_URL?.replace(/\/$/, "");
export const run = randomBytes(6).toString("hex").replace(/[0-9]/g, (digit) => "ghijklmnop"[digit]); // a word, in all names of this run
export const complaints = []; // of pages: errors of scripts, files not found. Forms that are refused are meant to be
const desktop = { viewport: { width: 1280, height: 800 } };

assert.ok(site && process.env.DJEMBE_VAR, "name a running instance in DJEMBE_TEST_WEB_URL and DJEMBE_VAR");
const browser = await launch();
after(() => browser.close());

// Somebody's own browser.
export async function visitor(options = {}) {
  const page = await (await browser.newContext({ ...desktop, ...options })).newPage();
  page.setDefaultTimeout(60000);
  page.on("console", (message) => {
    const refused = message.text().startsWith("Failed to load resource"); // told better by the response
    if (message.type() === "error" && !refused) complaints.push(`${page.url()}: ${message.text()}`);
  });
  page.on("response", (response) => {
    const isPage = response.request().resourceType() === "document";
    if (response.status() >= (isPage ? 500 : 400)) complaints.push(`${response.url()}: ${response.status()}`);
  });
  page.on("pageerror", (error) => complaints.push(`${page.url()}: ${error}`));
  return page;
}

// The page of a new member, made as `./djembe admin invite WORDS...` says.
export async function member(name, ...words) {
  const page = await visitor();
  await page.goto(JSON.parse(execFileSync(path.join(root, "djembe"), ["admin", "invite", ...words], { encoding: "utf8" })).link);
  await page.getByLabel("Member name").fill(`${name}-${run}`);
  await page.getByLabel("Password", { exact: true }).fill("seven rivers meet at dawn");
  await page.getByLabel("The password again").fill("seven rivers meet at dawn");
  await page.getByRole("button", { name: "Make the account" }).click();
  await page.waitForURL(`${site}/`);
  return page;
}

export async function look(page, name) {
  await inspect(page, name);
  await page.setViewportSize(desktop.viewport);
}

// The page again and again, until what comes by itself is there.
export async function until(page, address, locator) {
  for (const end = Date.now() + 120000; Date.now() < end;) {
    await page.goto(address);
    if (await locator.count()) return;
  }
  assert.fail(`${address} never had what was waited for`);
}

export async function choose(page, ...files) {
  await page.getByLabel("The .torrent file").setInputFiles({ name: "a.torrent", mimeType: "application/x-bittorrent",
    buffer: makeTorrent(`${randomBytes(4).toString("hex")} ${run}`, files).metainfo });
}

// Fills what the form of an album lacks, sends it, and leads to the album's page, whose address it tells. `more`: what else is filled in.
export async function addAlbum(page, { at = "/upload/music", artist, title, year = "1999", media = "CD", format = "FLAC", bitrate = "Lossless", more }) {
  await page.goto(site + at);
  await choose(page, `01.${format.toLowerCase()}`);
  if (artist) await page.locator("#field-artists input").first().fill(artist);
  if (title) await page.locator("#f-title").fill(title);
  if (artist) {
    await page.locator("#f-year").fill(year);
    await page.locator("#f-release_type").selectOption("Album");
  }
  await page.locator("#f-media").selectOption(media);
  await page.locator("#f-format").selectOption(format);
  await page.locator("#f-bitrate").selectOption(bitrate);
  await more?.();
  await page.getByRole("button", { name: "Add it" }).click();
  await page.waitForURL(/\/music\/album\/\d+#t\d+$/);
  return page.url().replace(/#.*/, "");
}
