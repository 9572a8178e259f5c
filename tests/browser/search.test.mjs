// Searches in a real browser, against a running instance: names offered while somebody types (also misspelt), what is here already told in
// the upload form, facets, orders, torrents by themselves, bad syntax, an info-hash. The same without JavaScript as far as it goes.
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
import { makeTorrent } from "./torrent.mjs";

const site = process.env.DJEMBE_TEST_WEB_URL?.replace(/\/$/, "");
const run = randomBytes(6).toString("hex").replace(/[0-9]/g, (digit) => "ghijklmnop"[digit]); // a word
const password = "seven rivers meet at dawn";
const desktop = { viewport: { width: 1280, height: 800 } };

let browser, page, plain; // plain: the same member without JavaScript

before(async () => {
  assert.ok(site && process.env.DJEMBE_VAR, "name a running instance in DJEMBE_TEST_WEB_URL and DJEMBE_VAR");
  browser = await launch();
});
after(() => browser?.close());

async function look(name) {
  await inspect(page, name);
  await page.setViewportSize(desktop.viewport);
}

async function add(title, { year = "1999", media = "CD", format = "FLAC", bitrate = "Lossless" }) {
  await page.goto(`${site}/upload/music`);
  await page.getByLabel("The .torrent file").setInputFiles(
    { name: "x.torrent", mimeType: "application/x-bittorrent", buffer: makeTorrent(`${title} ${format}`, [`1.${format.toLowerCase()}`]).metainfo });
  await page.locator("#field-artists input").first().fill(`Séko ${run}`);
  await page.locator("#f-title").fill(title);
  await page.locator("#f-year").fill(year);
  await page.locator("#f-release_type").selectOption("Album");
  await page.locator("#f-label").fill(`Fleuve ${run}`);
  await page.locator("#f-media").selectOption(media);
  await page.locator("#f-format").selectOption(format);
  await page.locator("#f-bitrate").selectOption(bitrate);
  await page.locator("#f-tags").fill("mande");
  await page.getByRole("button", { name: "Add it" }).click();
  await page.getByRole("heading", { level: 1 }).filter({ hasText: title }).waitFor();
}

test("two albums are there", async () => {
  const context = await browser.newContext(desktop);
  page = await context.newPage();
  page.setDefaultTimeout(15000);
  await page.goto(JSON.parse(execFileSync(path.join(root, "djembe"), ["admin", "invite"], { encoding: "utf8" })).link);
  await page.getByLabel("Member name").fill(`seek-${run}`);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByLabel("The password again").fill(password);
  await page.getByRole("button", { name: "Make the account" }).click();
  await page.waitForURL(`${site}/`);
  await add(`Nuit ${run}`, {});
  await add(`Nuit ${run}`, { format: "MP3", bitrate: "320" });
  await add(`Aube ${run}`, { year: "2004", media: "WEB" });
  const quiet = await browser.newContext({ ...desktop, javaScriptEnabled: false, storageState: await context.storageState() });
  plain = await quiet.newPage();
  plain.setDefaultTimeout(15000);
});

test("names are offered while somebody types, without accents and with a slip", async () => {
  await page.goto(`${site}/music`);
  const field = page.getByLabel("Search names");
  await field.pressSequentially(`seko ${run.slice(0, 6)}`);
  await page.getByRole("option", { name: `Séko ${run} Artist` }).waitFor();
  await look("search-offers");
  await field.fill("");
  await field.pressSequentially(`fleuve ${run.slice(0, 5)}${run[6]}${run[5]}${run.slice(7)}`);
  await page.getByRole("option", { name: `Fleuve ${run} Record label` }).waitFor();
  await field.fill("");
  await field.pressSequentially(`séko ${run}`);
  await page.locator(".offers li").first().waitFor();
  await field.press("ArrowDown");
  assert.equal(await page.locator(".offers [aria-selected=true]").count(), 1);
  await field.press("Escape");
  await page.locator(".offers").first().waitFor({ state: "hidden" });
  await field.press("End");
  await field.pressSequentially(" ");
  await page.locator(".offers li").first().waitFor();
  await field.press("ArrowDown");
  await field.press("Enter");
  await page.getByRole("heading", { level: 1, name: `Séko ${run}` }).waitFor();
});

test("the upload form offers names, and tells what is here already", async () => {
  await page.goto(`${site}/upload/music`);
  await page.locator("#f-title").pressSequentially(`nuit ${run}`);
  await page.getByText("Is it one of these?").waitFor();
  assert.match(await page.getByRole("link", { name: `Nuit ${run}` }).getAttribute("href"), /^\/music\/album\/\d+$/);
  const artist = page.locator("#field-artists input").first();
  await artist.pressSequentially(`seko ${run}`);
  await page.getByRole("option", { name: `Séko ${run}` }).click();
  assert.equal(await artist.inputValue(), `Séko ${run}`);
  await look("upload-similar");
  await page.getByRole("button", { name: "More rows for Artists" }).click();
  await page.keyboard.type(`seko ${run}`);
  await page.getByRole("option", { name: `Séko ${run}` }).waitFor();
});

test("a search is narrowed down by facets, and widened again", async () => {
  await page.goto(`${site}/music?q=${run}`);
  await page.getByRole("heading", { name: "2 found" }).waitFor();
  const facets = page.getByRole("complementary", { name: "Narrow down" });
  await facets.getByRole("listitem").filter({ hasText: /^MP3 1$/ }).waitFor();
  await facets.getByRole("link", { name: "MP3" }).click();
  await page.getByRole("heading", { name: "1 found" }).waitFor();
  assert.equal(await page.getByLabel("Search names").inputValue(), `${run} format:MP3`);
  assert.equal(await page.getByRole("row", { name: /FLAC/ }).count(), 0, "only what fits is shown");
  await look("search-facets");
  await facets.getByRole("link", { name: "MP3" }).click();
  await page.getByRole("heading", { name: "2 found" }).waitFor();
});

for (const [how, open] of [["with", () => page], ["without", () => plain]]) {
  test(`orders and torrents by themselves, ${how} JavaScript`, async () => {
    const at = open();
    await at.goto(`${site}/music?q=${run}`);
    await at.getByLabel("Order").selectOption("year");
    await at.getByLabel("Least first").check();
    await at.getByLabel("Each torrent by itself").check();
    await at.getByRole("button", { name: "Search", exact: true }).click();
    await at.getByRole("heading", { name: "3 found" }).waitFor();
    assert.equal(new URL(at.url()).search, `?q=${run}&sort=year&order=rising&view=flat`);
    const rows = await at.locator(".each tbody th").allInnerTexts();
    assert.equal(rows.length, 3);
    assert.ok(rows[2].includes("Aube") && !rows[0].includes("Aube"), rows.join("\n"));
  });

  test(`what cannot be read is told, and what was typed stays, ${how} JavaScript`, async () => {
    const at = open();
    await at.goto(`${site}/music?q=lable:${run}`);
    await at.getByRole("alert").filter({ hasText: 'no field "lable": there are artists,' }).waitFor();
    assert.equal(await at.getByLabel("Search names").inputValue(), `lable:${run}`);
    await at.goto(`${site}/music?q=nuit ${run}x`);
    await at.getByRole("heading", { name: "did not match anything" }).waitFor();
    await at.getByRole("link", { name: `Nuit ${run}` }).click();
    await at.getByRole("heading", { level: 1 }).filter({ hasText: `Nuit ${run}` }).waitFor();
  });
}

test("an info-hash leads to the torrent itself", async () => {
  await page.goto(`${site}/music?q=${run} format:mp3`);
  await page.getByRole("row", { name: /MP3 \/ 320/ }).getByRole("link").last().click();
  const href = page.url();
  const hash = (await page.locator(":target + .more").textContent()).match(/Info-hash([0-9a-f]{40})/)[1];
  await page.goto(`${site}/music?q=${hash.toUpperCase()}`);
  await page.waitForURL(href);
});
