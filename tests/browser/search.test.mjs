// Searches in a real browser, against a running instance: names offered while somebody types (also misspelt), what is here already told in
// the upload form, facets, orders, torrents by themselves, bad syntax, an info-hash. The same without JavaScript as far as it goes.
//
// Waits for what the page shows, never for time.
import assert from "node:assert/strict";
import { test } from "node:test";
import { addAlbum, choose, complaints, look as lookAt, member, run, site, visitor } from "./site.mjs";

let page, plain; // plain: the same member without JavaScript

const look = (name) => lookAt(page, name);

const add = (title, { number, ...values }) => addAlbum(page, {
  ...values, artist: `Séko ${run}`, title, more: async () => {
    if (number) await page.locator("#f-catalogue_number").fill(number);
    await page.locator("#f-label").fill(`Fleuve ${run}`);
    await page.locator("#f-tags").fill(`mande, balani.${run}`);
  },
});

test("two albums are there", async () => {
  page = await member("seek");
  await add(`Nuit ${run}`, {});
  await add(`Nuit ${run}`, { format: "MP3", bitrate: "320" });
  await add(`Aube ${run}`, { year: "2004", media: "WEB", number: `FLV ${run} 77` });
  plain = await visitor({ javaScriptEnabled: false, storageState: await page.context().storageState() });
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

test("a catalogue number leads to the album that has it", async () => {
  await page.goto(`${site}/music`);
  const field = page.getByLabel("Search names");
  await field.pressSequentially(`flv-${run} 7`);
  const offer = page.getByRole("option", { name: `FLV ${run} 77 Aube ${run}, Séko ${run}, 2004` });
  await offer.waitFor();
  await look("search-offers-number");
  await field.fill("");
  await field.pressSequentially(`flv-${run} 77`);
  await offer.click();
  await page.getByRole("heading", { level: 1 }).filter({ hasText: `Aube ${run}` }).waitFor();
});

test("a search box offers collages, requests and members too", async () => {
  for (const [form, button, values] of [
    ["collages/new", "Make it", { Category: "Theme", Title: `Nights ${run}` }],
    ["requests/new?plugin=music", "Ask for it", { "What you miss": `Mopti ${run}` }]]) {
    await page.goto(`${site}/${form}`);
    if (values.Category) await page.getByLabel("Category").selectOption(values.Category);
    for (const [label, value] of Object.entries(values)) if (label !== "Category") await page.getByLabel(label).fill(value);
    await page.getByRole("button", { name: button }).click();
    await page.getByRole("heading", { level: 1 }).filter({ hasText: run }).waitFor();
  }
  const field = page.getByLabel("Search Music");
  await field.pressSequentially(`mopti ${run.slice(0, 8)}`);
  await page.getByRole("option", { name: `Mopti ${run} Request` }).waitFor();
  await field.fill("");
  await field.pressSequentially(`seek-${run.slice(0, 8)}`);
  await page.getByRole("option", { name: `seek-${run} Member` }).waitFor();
  await field.fill("");
  await field.pressSequentially(`nights ${run.slice(0, 8)}`);
  await page.getByRole("option", { name: `Nights ${run} Collage` }).click();
  await page.waitForURL(/\/collage\/\d+$/);
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
  const tags = page.locator("#f-tags");
  await tags.pressSequentially(`korá, balani ${run.slice(0, 6)}`);
  await page.getByRole("option", { name: `balani.${run}` }).waitFor();
  await look("upload-tags");
  await page.getByRole("option", { name: `balani.${run}` }).click();
  assert.equal(await tags.inputValue(), `korá, balani.${run}`);
  await look("upload-similar");
  await page.getByRole("button", { name: "More rows for Artists" }).click();
  await page.keyboard.type(`seko ${run}`);
  await page.getByRole("option", { name: `Séko ${run}` }).waitFor();
});

test("a release that is here is chosen, and the same format told before anything is sent", async () => {
  await page.goto(`${site}/music?q=${encodeURIComponent(`"nuit ${run}"`)}`);
  await page.getByRole("link", { name: `Nuit ${run}` }).click();
  await page.getByRole("link", { name: /^Add another Format to Original Release/ }).click();
  const told = page.locator("[data-same]");
  await page.locator("#f-format").selectOption("FLAC");
  await page.locator("#f-bitrate").selectOption("Lossless");
  await told.getByText("The same Format of this Release is already here").waitFor();
  assert.match(await told.getByRole("link", { name: `Nuit ${run}` }).getAttribute("href"), /^\/music\/album\/\d+#t\d+$/);
  assert.equal(await page.locator("#f-media").isVisible(), false, "what is chosen is not asked for");
  await look("upload-same");
  await page.getByLabel("Release", { exact: true }).selectOption("A new one, named below");
  await page.locator("#f-media").selectOption("Vinyl");
  await told.waitFor({ state: "hidden" });
  await page.getByLabel("Release", { exact: true }).selectOption({ label: `Original Release / Fleuve ${run} / CD` });
  await told.waitFor();
  await page.locator("#f-format").selectOption("AAC");
  await page.locator("#f-bitrate").selectOption("256");
  await told.waitFor({ state: "hidden" });
  await choose(page, "1.m4a");
  await page.getByRole("button", { name: "Add it" }).click();
  await page.locator("tr.format", { hasText: "AAC / 256" }).waitFor();
  assert.equal(await page.locator("tr.edition").count(), 1, "it is in the release that was chosen");
});

test("without JavaScript a release is chosen likewise, and unknown ones are told apart", async () => {
  await plain.goto(page.url());
  await plain.getByRole("link", { name: "Add another Format", exact: true }).click();
  await plain.getByLabel("Release", { exact: true }).selectOption({ label: `Original Release / Fleuve ${run} / CD` });
  await plain.locator("#f-format").selectOption("AAC");
  await plain.locator("#f-bitrate").selectOption("256");
  await choose(plain, "1.m4a");
  await plain.getByRole("button", { name: "Add it" }).click();
  await plain.getByText("is already here: see").first().waitFor();
  await plain.getByLabel("Release", { exact: true }).selectOption("A new one, named below");
  await plain.getByLabel("Unknown Release(s)").check();
  await plain.getByRole("button", { name: "Add it" }).click();
  await plain.getByText("Media: this is needed").first().waitFor();
  assert.ok(await plain.getByLabel("Unknown Release(s)").isChecked(), "what was ticked is ticked still");
  await plain.locator("#f-media").selectOption("CD");
  await plain.getByRole("button", { name: "Add it" }).click();
  await plain.locator("tr.edition", { hasText: "Unknown Release(s) / CD" }).waitFor();
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
    await at.getByRole("heading", { name: "5 found" }).waitFor();
    assert.equal(new URL(at.url()).search, `?q=${run}&sort=year&order=rising&view=flat`);
    const rows = await at.locator(".each tbody th").allInnerTexts();
    assert.equal(rows.length, 5);
    assert.ok(rows[4].includes("Aube") && !rows[0].includes("Aube"), rows.join("\n"));
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

test("no page complained", () => {
  assert.deepEqual(complaints, []);
});
