// Covers and photos, in a real browser, against a running instance. Without JavaScript the same is tests/integration/test_images.py.
//
// Waits for what the page shows, never for time.
import assert from "node:assert/strict";
import { test } from "node:test";
import { makePicture } from "./picture.mjs";
import { addAlbum, complaints, look as lookAt, member, run, site } from "./site.mjs";

const square = makePicture(900, 900, [214, 122, 48], [60, 30, 20], [240, 214, 160]);
const wide = makePicture(1400, 800, [40, 90, 80], [230, 220, 190]);
const tall = makePicture(600, 900, [150, 40, 30], [20, 30, 60]);

let page, album;

async function look(name) {
  await page.evaluate(() => document.querySelectorAll("img").forEach((image) => { image.loading = "eager"; }));
  await page.waitForFunction(() => [...document.images].every((image) => image.complete && image.naturalWidth > 0));
  await lookAt(page, `images-${name}`);
}

const upload = (title, image) => addAlbum(page, {
  artist: `Awa ${run}`, title: `${title} ${run}`,
  more: () => image && page.getByLabel("Cover", { exact: true }).setInputFiles({ name: "x.png", mimeType: "image/png", buffer: image }),
});

async function add(called, buffer) {
  await page.locator("summary", { hasText: `${called}: add` }).click();
  await page.getByLabel(`Add a ${called}`).setInputFiles({ name: "x.png", mimeType: "image/png", buffer });
  await page.getByRole("button", { name: "Add it" }).click();
}

test("covers are added to an album's page, the first of them large", async () => {
  page = await member("awa");
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

test("no page complained", () => {
  assert.deepEqual(complaints, []);
});
