// Movies in a real browser, against a running instance, on nothing but the generic pages: an upload with people, parts and a MediaInfo
// report, the movie's page with its headers and slots, another format by the IMDb number, a person's page by category.
//
// Waits for what the page shows, never for time.
import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { test } from "node:test";
import { choose, complaints, look as lookAt, member, run, site } from "./site.mjs";

const film = { title: `La <Rivière> ${run}`, imdb: `tt${randomInt(1000000, 9999999)}`, director: `Awa ${run}`, actor: `Baba ${run}` };
const report = [
  "General", "Format                                   : Matroska", "", "Video", "Format                                   : AVC",
  "Width                                    : 1 920 pixels", "Height                                   : 800 pixels",
  "Scan type                                : Progressive", "Writing library                          : x264 core 164",
].join("\n");

let page, movie;

const look = (name) => lookAt(page, name);

test("a movie is added with its people and their parts", async () => {
  page = await member("film");
  await page.getByRole("link", { name: "Movies", exact: true }).click();
  await page.getByRole("link", { name: "Upload to Movies" }).click();
  await choose(page, "film.mkv");
  const rows = page.locator("#field-people .entry");
  await rows.first().locator("input").first().fill(film.director);
  await page.getByRole("button", { name: "More rows for People" }).click();
  await rows.nth(1).locator("input").first().fill(film.actor);
  await rows.nth(1).locator("select").selectOption("actor");
  await rows.nth(1).getByLabel("Part played").fill("The ferryman");
  await page.locator("#field-title input").fill(film.title);
  await page.locator("#field-imdb input").fill(film.imdb);
  await page.locator("#field-synopsis textarea").fill("Three nights on a river boat, and what was lost there.");
  await page.locator("#field-source select").selectOption("Blu-ray");
  await page.locator("#field-mediainfo textarea").fill(report);
  await page.locator("#field-year input").fill("1700");
  await page.locator("form.upload").evaluate((form) => (form.noValidate = true));
  await page.getByRole("button", { name: "Add it" }).click();
  await page.locator("#field-year [aria-invalid=true]").waitFor();
  assert.equal(await rows.nth(1).getByLabel("Part played").inputValue(), "The ferryman", "what was typed is still there");
  await look("movie-upload-refused");
  await page.locator("#field-year input").fill("1999");
  await page.getByRole("button", { name: "Add it" }).click();
  await page.getByRole("heading", { level: 1 }).filter({ hasText: film.title }).waitFor();
  movie = page.url().replace(/#.*/, "");
});

test("its page has headers of quality, the cast and what there is room for", async () => {
  await page.getByRole("rowheader", { name: "High Definition" }).waitFor();
  await page.getByRole("row", { name: /x264 \/ Blu-ray \/ 1080p \/ MKV \/ Encode/ }).first().waitFor();
  await page.getByRole("listitem").filter({ hasText: film.actor }).filter({ hasText: "as The ferryman" }).waitFor();
  await page.getByText("What there is room for").click();
  await page.getByRole("row", { name: /^1080p encode 2 Occupied x264/ }).waitFor();
  await page.getByRole("row", { name: /^HD remux 1 Empty/ }).waitFor();
  await page.locator("details.report summary").click();
  await page.getByText("Writing library").waitFor();
  await look("movie");
});

test("another format of the IMDb number joins it, whatever it is called", async () => {
  await page.getByRole("link", { name: "Add another Format" }).click();
  await page.getByText("What there is room for").click();
  await page.getByRole("row", { name: /^1080p encode 2 Occupied/ }).waitFor();
  await look("movie-add-format");
  await page.goto(`${site}/upload/movies`);
  await choose(page, "film.mkv");
  await page.locator("#field-people input").first().fill(`Somebody else ${run}`);
  await page.locator("#field-title input").fill(`The River ${run}`);
  await page.locator("#field-year input").fill("2000");
  await page.locator("#field-imdb input").fill(`https://www.imdb.com/title/${film.imdb}/`);
  await page.locator("[data-same]").getByText("It is added to the Movie that is already here").waitFor(); // before the form is whole
  await page.locator("[data-same]").getByRole("link", { name: film.title }).waitFor();
  await page.getByText("What there is room for").click();
  await page.getByRole("row", { name: /^1080p encode 2 Occupied/ }).waitFor();
  await look("movie-upload-met");
  await page.locator("#field-imdb input").fill("");
  await page.locator("[data-same]").waitFor({ state: "hidden" });
  await page.getByText("What there is room for").waitFor({ state: "detached" });
  await page.locator("#field-imdb input").fill(film.imdb);
  await page.getByText("What there is room for").waitFor();
  await page.locator("#field-source select").selectOption("WEB");
  await page.locator("#field-codec select").selectOption("x265");
  await page.locator("#field-container select").selectOption("MKV");
  await page.locator("#field-resolution select").selectOption("2160p");
  await page.locator("#field-edition_title input").pressSequentially("criterion"); // nobody has had one yet
  await page.getByRole("option", { name: "The Criterion Collection" }).waitFor();
  await page.locator("#field-edition_title input").fill("");
  await page.locator("#field-edition_title input").pressSequentially("direct");
  await page.getByRole("option", { name: "Director's Cut" }).click();
  assert.equal(await page.locator("#field-edition_title input").inputValue(), "Director's Cut");
  await page.getByRole("button", { name: "Add it" }).click();
  await page.getByRole("heading", { level: 1 }).filter({ hasText: film.title }).waitFor();
  assert.equal(page.url().replace(/#.*/, ""), movie);
  await page.getByRole("rowheader", { name: "Ultra High Definition" }).waitFor();
});

test("a format can be moved to another edition, which is listed though headers stand in its place", async () => {
  await page.locator("tr.format", { hasText: "1080p" }).locator("+ tr.more summary").first().click();
  await page.getByRole("link", { name: /^Move this Format.*x264/ }).click();
  await page.getByLabel("Put it").selectOption("Director's Cut");
  await page.getByLabel("Why").fill("It has the longer ending.");
  await page.getByRole("button", { name: "Move it" }).last().click();
  await page.getByRole("row", { name: /x264 \/ Blu-ray \/ 1080p .*Director's Cut/ }).first().waitFor();
});

test("it is found in the list, and by its number", async () => {
  await page.goto(`${site}/movies?q=${film.imdb}`);
  await page.getByRole("heading", { name: "1 found" }).waitFor();
  await page.getByRole("link", { name: film.title }).waitFor();
  await page.goto(`${site}/movies`);
  await look("movies");
});

test("it is edited with a reason, which is in the history, and undone; of two edits that cross the second keeps its text", async () => {
  await page.goto(movie);
  await page.getByRole("link", { name: "Edit", exact: true }).click();
  assert.equal(await page.locator("#field-people .entry").nth(1).getByLabel("Part played").inputValue(), "The ferryman");
  const other = await page.context().newPage(); // opened before the change is made
  await other.goto(page.url());
  await page.locator("#field-runtime input").fill("97");
  await page.getByRole("button", { name: "Save it" }).click();
  assert.equal(await page.locator("#reason:invalid").count(), 1, "a reason is asked for");
  await page.locator("#reason").fill("Timed it.");
  await look("edit");
  await page.getByRole("button", { name: "Save it" }).click();
  await page.getByRole("status").filter({ hasText: "Changed." }).waitFor();
  await page.getByText("97", { exact: true }).waitFor();
  await other.locator("#field-runtime input").fill("98");
  await other.locator("#reason").fill("Timed it too.");
  await other.getByRole("button", { name: "Save it" }).click();
  await other.getByRole("alert").filter({ hasText: "Somebody else changed this" }).waitFor();
  assert.equal(await other.locator("#field-runtime input").inputValue(), "98");
  assert.equal(await other.locator("#reason").inputValue(), "Timed it too.");
  await other.getByRole("button", { name: "Save it" }).click(); // it still holds
  await other.getByText("98", { exact: true }).waitFor();
  await other.close();
  await page.getByRole("link", { name: "History" }).click();
  await page.getByText("Timed it too.").waitFor();
  await look("history");
  await page.getByRole("link", { name: /^Undo/ }).first().click();
  assert.equal(await page.locator("#field-runtime input").inputValue(), "97");
  await page.locator("#reason").fill(`The first was right, ${run}.`);
  await page.getByRole("button", { name: "Save it" }).click();
  await page.getByText("97", { exact: true }).waitFor();
  await page.getByRole("link", { name: "What was changed lately" }).click();
  await page.getByText(`The first was right, ${run}.`).waitFor();
  await look("log");
});

test("a person's page has each category, with the part played", async () => {
  await page.goto(movie);
  await page.getByRole("listitem").filter({ hasText: film.actor }).getByRole("link").click();
  await page.getByRole("heading", { name: "Acted" }).waitFor();
  await page.getByText("as The ferryman").waitFor();
  assert.equal(await page.getByRole("heading", { name: "Directed" }).count(), 0);
  await look("person");
});

test("no page complained", () => {
  assert.deepEqual(complaints, []);
});
