// Covers and photos, in a real browser, against a running instance. Without JavaScript the same is tests/integration/test_images.py.
//
//   DJEMBE_TEST_WEB_URL   http://127.0.0.1:8080
//   DJEMBE_VAR            the instance's folder: its operator makes the invitation
//
// Waits for what the page shows, never for time.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import path from "node:path";
import { after, before, test } from "node:test";
import { inspect, launch, root } from "./browser.mjs";
import { makePicture } from "./picture.mjs";
import { makeTorrent } from "./torrent.mjs";

const site = process.env.DJEMBE_TEST_WEB_URL?.replace(/\/$/, "");
const run = randomBytes(3).toString("hex");
const password = "seven rivers meet at dawn";
const desktop = { viewport: { width: 1280, height: 800 } };
const complaints = [];
const square = makePicture(900, 900, [214, 122, 48], [60, 30, 20], [240, 214, 160]);
const wide = makePicture(1400, 800, [40, 90, 80], [230, 220, 190]);
const tall = makePicture(600, 900, [150, 40, 30], [20, 30, 60]);

let browser, page, album;

before(async () => {
  assert.ok(site && process.env.DJEMBE_VAR, "name a running instance in DJEMBE_TEST_WEB_URL and DJEMBE_VAR");
  browser = await launch();
  page = await (await browser.newContext(desktop)).newPage();
  page.setDefaultTimeout(60000);
  page.on("console", (message) => message.type() === "error" && complaints.push(`${page.url()}: ${message.text()}`));
  page.on("pageerror", (error) => complaints.push(`${page.url()}: ${error}`));
  await page.goto(JSON.parse(execFileSync(path.join(root, "djembe"), ["admin", "invite"], { encoding: "utf8" })).link);
  await page.getByLabel("Member name").fill(`awa-${run}`);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByLabel("The password again").fill(password);
  await page.getByRole("button", { name: "Make the account" }).click();
  await page.waitForURL(`${site}/`);
});
after(() => browser?.close());

async function look(name) {
  await page.evaluate(() => document.querySelectorAll("img").forEach((image) => { image.loading = "eager"; }));
  await page.waitForFunction(() => [...document.images].every((image) => image.complete && image.naturalWidth > 0));
  await inspect(page, `images-${name}`);
  await page.setViewportSize(desktop.viewport);
}

async function upload(title, image) {
  await page.goto(`${site}/upload/music`);
  await page.getByLabel("The .torrent file").setInputFiles(
    { name: "a.torrent", mimeType: "application/x-bittorrent", buffer: makeTorrent(`${title} ${run}`, ["01.flac"]).metainfo });
  await page.getByLabel("Artists", { exact: true }).first().fill(`Awa ${run}`);
  await page.getByLabel("Album title").fill(`${title} ${run}`);
  await page.locator("#field-year input").fill("1999");
  await page.getByLabel("Release type").selectOption("Album");
  await page.getByLabel("Media").selectOption("CD");
  await page.getByLabel("Format required").selectOption("FLAC");
  await page.getByLabel("Bitrate").selectOption("Lossless");
  if (image) await page.getByLabel("Cover", { exact: true }).setInputFiles({ name: "x.png", mimeType: "image/png", buffer: image });
  await page.getByRole("button", { name: "Add it" }).click();
  await page.getByRole("heading", { level: 1 }).filter({ hasText: title }).waitFor();
  return page.url().replace(/#.*/, "");
}

async function add(called, buffer) {
  await page.locator("summary", { hasText: `${called}: add` }).click();
  await page.getByLabel(`Add a ${called}`).setInputFiles({ name: "x.png", mimeType: "image/png", buffer });
  await page.getByRole("button", { name: "Add it" }).click();
}

test("covers are added to an album's page, the first of them large", async () => {
  album = await upload("Nuit", square);
  const first = page.getByAltText(`Cover of Nuit ${run}`);
  await first.waitFor();
  await add("Cover", wide);
  await page.getByAltText("Cover 2 of").waitFor();
  await add("Cover", tall);
  await page.getByAltText("Cover 3 of").waitFor();
  await look("group");
  await page.locator("summary", { hasText: "put in order" }).click();
  await look("group-order");
  await page.getByRole("button", { name: "Make it the first" }).nth(2).click();
  await page.waitForFunction(() => document.querySelector(".pictures > a img")?.naturalHeight === 480);
  assert.deepEqual(await first.evaluate((image) => [image.width / image.height < 0.7, image.complete]), [true, true]);
});

test("an image opens large by a plain link", async () => {
  const href = await page.locator(".pictures > a").getAttribute("href");
  await page.locator(".pictures > a").click();
  await page.waitForURL(`${site}${href}`);
  assert.deepEqual(await page.evaluate(() => [document.images[0].naturalWidth, document.images[0].naturalHeight]), [600, 900]);
});

test("lists have a small one where there is one, and nothing jumps", async () => {
  await upload("Jour");
  let arrives;
  const held = new Promise((resolve) => { arrives = resolve; });
  await page.route("**/image/thumb/*", async (route) => { await held; await route.continue(); });
  await page.goto(`${site}/music?q=${run}`, { waitUntil: "domcontentloaded" });
  const cover = page.locator(".groups img.cover");
  assert.equal(await cover.count(), 1);
  const space = () => cover.evaluate((image) => [image.complete, image.clientWidth, image.clientHeight]);
  assert.deepEqual(await space(), [false, 48, 72]);
  arrives();
  await page.waitForFunction(() => document.querySelector("img.cover").complete);
  assert.deepEqual(await space(), [true, 48, 72], "its place was as large before it came");
  await page.unroute("**/image/thumb/*");
  await look("list");
});

test("a person has a photo", async () => {
  await page.goto(album);
  await page.getByRole("link", { name: `Awa ${run}` }).first().click();
  await page.waitForURL(/artist/);
  await add("Photo", wide);
  await page.getByAltText(`Photo of Awa ${run}`).waitFor();
  await look("person");
});

test("a file that is no image is refused beside a form for another", async () => {
  await page.goto(album);
  await add("Cover", Buffer.from("<svg/>"));
  await page.getByRole("alert").filter({ hasText: "send a JPEG, PNG, GIF or WebP" }).waitFor();
  await look("refused");
  await page.getByLabel("Cover", { exact: false }).setInputFiles({ name: "x.png", mimeType: "image/png", buffer: makePicture(300, 300, [9, 99, 9], [200, 200, 90]) });
  await page.getByRole("button", { name: "Add it" }).click();
  await page.getByAltText("Cover 4 of").waitFor();
});

test("an image is removed with a reason", async () => {
  await page.locator("summary", { hasText: "put in order" }).click();
  await page.getByRole("link", { name: "Remove the Cover" }).nth(3).click();
  await page.getByLabel("Why").fill("It is blurred.");
  await look("remove");
  await page.getByRole("button", { name: "Delete it" }).click();
  await page.getByText("Deleted").or(page.getByAltText("Cover 3 of")).first().waitFor();
  assert.equal(await page.locator(".strip li").count(), 2);
});

test("the browser has nothing to complain of", () => {
  const refused = complaints.filter((line) => !/status of (400|409|413)/.test(line));
  assert.deepEqual(refused, []);
});
