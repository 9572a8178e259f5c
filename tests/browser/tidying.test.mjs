// Tidying the catalog in a real browser, against a running instance: an album that is here twice is merged, a torrent moved and moved back, an
// artist called otherwise and found by another spelling, a request filled by the upload that it asks for, a release and a format edited, a
// release moved, a torrent and an album deleted. Without JavaScript the same is
// tests/integration/test_tidying.py.
//
// Waits for what the page shows, never for time.
import assert from "node:assert/strict";
import { test } from "node:test";
import { addAlbum, complaints, look as lookAt, member, run, site } from "./site.mjs";

let awa, staff, wrong, right;

const look = (page, name) => lookAt(page, `tidying-${name}`);

test("staff merge an album that is here twice, and its address leads on", async () => {
  awa = await member("awa");
  staff = await member("staff", "--class", "moderator");
  wrong = await addAlbum(awa, { artist: `Tumani ${run}`, title: `Nuit wrong ${run}` });
  right = await addAlbum(awa, { artist: `Tumani ${run}`, title: `Nuit ${run}`, format: "MP3", bitrate: "320" });
  await staff.goto(wrong);
  await staff.getByRole("link", { name: "Merge" }).click();
  await staff.getByLabel("Into").fill(wrong);
  await staff.getByLabel("Why").fill("The title was wrong.");
  await staff.getByRole("button", { name: "Merge them" }).click();
  await staff.getByText("That is this Album itself").waitFor();
  await look(staff, "merge");
  await staff.getByLabel("Into").fill(right);
  await staff.getByRole("button", { name: "Merge them" }).click();
  await staff.getByRole("status").filter({ hasText: "Merged" }).waitFor();
  assert.equal(await staff.locator("tr.format").count(), 2);
  await look(staff, "merged");
  await awa.goto(wrong);
  await awa.waitForURL(right);
});

test("staff undo a merge from the history in one click, and merge again", async () => {
  await staff.goto(right);
  await staff.getByRole("link", { name: "History" }).click();
  await look(staff, "history-merge");
  await staff.getByRole("button", { name: /^Undo/ }).click();
  await staff.getByRole("status").filter({ hasText: "Undone" }).waitFor();
  assert.equal(staff.url(), wrong);
  assert.equal(await staff.locator("tr.format").count(), 1);
  await staff.getByRole("link", { name: "History" }).click();
  await staff.getByText("undid the merge of the Album").waitFor();
  assert.equal(await staff.getByRole("button", { name: /^Undo/ }).count(), 0);
  await staff.goto(`${wrong.replace("music/album", "merge")}?into=${right}`);
  await staff.getByLabel("Why").fill("It is the same after all.");
  await staff.getByRole("button", { name: "Merge them" }).click();
  await staff.getByRole("status").filter({ hasText: "Merged" }).waitFor();
});

test("a torrent is moved by its uploader, and moved back from the history", async () => {
  await awa.locator("tr.format").first().waitFor();
  await awa.getByText(/^Added .* by/).first().click();
  await awa.getByRole("link", { name: /^Move this Format/ }).first().click();
  await awa.getByLabel("Put it").selectOption("Here, in the Release named below");
  await awa.getByLabel("Media").selectOption("Vinyl");
  await awa.getByLabel("Why").fill("It is the record.");
  await look(awa, "move");
  await awa.getByRole("button", { name: "Move it" }).last().click();
  await awa.getByRole("status").filter({ hasText: "Moved" }).waitFor();
  await awa.locator("tr.edition", { hasText: "Original Release / Vinyl" }).waitFor();
  await awa.getByRole("link", { name: "History" }).click();
  await awa.getByText("It is the record.").waitFor();
  await look(awa, "history");
  await awa.getByRole("link", { name: /^Undo/ }).first().click();
  await awa.getByLabel("Why").fill("It is not.");
  await awa.getByRole("button", { name: "Move it" }).last().click();
  await awa.getByRole("status").filter({ hasText: "Moved" }).waitFor();
  assert.equal(await awa.locator("tr.edition", { hasText: "Vinyl" }).count(), 0);
});

test("an artist is called otherwise, told of, and found by another spelling", async () => {
  await awa.getByRole("link", { name: `Tumani ${run}` }).first().click();
  await awa.getByRole("link", { name: "Edit", exact: true }).click();
  await awa.getByLabel("Name required").fill(`Toumani ${run}`);
  await awa.getByLabel("About").fill("Plays the **kora**.");
  await awa.getByLabel("Why").fill("Misspelt.");
  await look(awa, "person-edit");
  await awa.getByRole("button", { name: "Save it" }).click();
  await awa.getByRole("heading", { level: 1, name: `Toumani ${run}` }).waitFor();
  await awa.locator(".wiki strong", { hasText: "kora" }).waitFor();
  await awa.getByLabel("Another spelling of the name").fill(`Тумани ${run}`);
  await awa.getByRole("button", { name: "Add", exact: true }).click();
  await awa.getByText(`Тумани ${run}`, { exact: true }).waitFor();
  await look(awa, "person");
  await awa.goto(`${site}/music?q=${encodeURIComponent(`Тумани ${run}`)}`);
  await awa.getByRole("link", { name: `Nuit ${run}` }).waitFor();
  const other = await addAlbum(awa, { artist: `Other ${run}`, title: `Jour ${run}` });
  await staff.goto(other);
  await staff.getByRole("link", { name: `Other ${run}` }).first().click();
  await staff.getByRole("link", { name: "Edit", exact: true }).click();
  await staff.getByLabel("Name required").fill(`Tumani ${run}`);
  await staff.getByLabel("Why").fill("It is them.");
  await staff.getByRole("button", { name: "Save it" }).click();
  await look(staff, "person-there");
  await staff.getByRole("link", { name: "Merge this into it" }).click();
  await staff.getByLabel("Why").fill("It is them.");
  await look(staff, "merge-person");
  await staff.getByRole("button", { name: "Merge them" }).click();
  await staff.getByRole("heading", { level: 1, name: `Toumani ${run}` }).waitFor();
  await staff.getByRole("link", { name: `Jour ${run}` }).waitFor();
});

test("an upload that comes from a request has its title, and fills it", async () => {
  await staff.goto(`${site}/requests/new?plugin=music`);
  await staff.getByLabel("What you miss").fill(`Mopti ${run}`);
  await staff.getByRole("button", { name: "Ask for it" }).click();
  await awa.goto(staff.url());
  const link = await awa.getByRole("link", { name: "upload for this request" }).getAttribute("href");
  await awa.goto(site + link);
  assert.equal(await awa.getByLabel("Album title").inputValue(), `Mopti ${run}`);
  await look(awa, "upload-for-request");
  await addAlbum(awa, { at: link, artist: `Toumani ${run}` });
  await awa.getByRole("heading", { level: 1 }).filter({ hasText: `Mopti ${run}` }).waitFor();
  await staff.reload();
  await staff.getByRole("heading", { name: "It is here" }).waitFor();
});

test("a release and a format are edited, each with a reason, and what cannot be is told", async () => {
  await awa.goto(right);
  await awa.getByRole("link", { name: "Edit Original Release / CD" }).click();
  await awa.locator("#f-label").fill(`Fleuve ${run}`);
  await awa.getByLabel("Why").fill("It is on the spine.");
  await look(awa, "edit-release");
  await awa.getByRole("button", { name: "Save it" }).click();
  await awa.locator("tr.edition", { hasText: `Original Release / Fleuve ${run} / CD` }).waitFor();
  await awa.locator("tr.format", { hasText: "FLAC" }).locator("+ tr.more summary").first().click();
  await awa.getByRole("link", { name: /^Edit this Format.*FLAC/ }).click();
  await awa.getByLabel("Bitrate").selectOption("320");
  await awa.getByLabel("Why").fill("Looked again.");
  await awa.getByRole("button", { name: "Save it" }).click();
  await awa.locator("#field-bitrate [aria-invalid=true]").waitFor();
  assert.equal(await awa.getByLabel("Why").inputValue(), "Looked again.");
  await awa.getByLabel("Bitrate").selectOption("24bit Lossless");
  await awa.getByRole("button", { name: "Save it" }).click();
  await awa.locator("tr.format", { hasText: "FLAC / 24bit Lossless" }).waitFor();
  await awa.getByRole("link", { name: "History" }).click();
  for (const why of ["It is on the spine.", "Looked again."]) await awa.getByText(why).waitFor();
});

test("staff move a whole release elsewhere, and the page that it leaves says so", async () => {
  await staff.goto(`${site}/music?q=${encodeURIComponent(`"Jour ${run}"`)}`);
  await staff.getByRole("link", { name: `Jour ${run}` }).click();
  const left = staff.url();
  await staff.getByRole("link", { name: "Move Original Release / CD" }).click();
  await staff.getByLabel("Put it").selectOption("Elsewhere, at the address below");
  await staff.getByLabel("Address").fill(right);
  await staff.getByLabel("Why").fill("A bonus disc of it.");
  await staff.getByRole("button", { name: "Move it" }).last().click();
  await staff.waitForURL(right);
  await staff.locator("tr.edition").nth(1).waitFor();
  assert.equal(await staff.locator("tr.format").count(), 3);
  await awa.goto(left);
  await awa.getByText("No Format is left here: the last was moved to").waitFor();
  await look(awa, "left");
  await awa.getByRole("link", { name: "History" }).click();
  await awa.getByText("moved a part out of the Album: A bonus disc of it.").waitFor();
  await awa.goto(left);
  await awa.getByRole("link", { name: `Nuit ${run}` }).click();
  await awa.waitForURL(right);
});

test("a torrent is deleted by its uploader and an album by staff, each with a reason", async () => {
  const format = awa.locator("tr.format", { hasText: "MP3 / 320" });
  await format.locator("+ tr.more summary").first().click();
  await awa.getByRole("link", { name: /^Delete this Format.*MP3/ }).click();
  await awa.getByLabel("Why").fill("   "); // the browser lets that pass
  await awa.getByRole("button", { name: "Delete it" }).click();
  await awa.getByText("Say why it goes").first().waitFor();
  await awa.getByLabel("Why").fill("The last track is cut.");
  await look(awa, "delete");
  await awa.getByRole("button", { name: "Delete it" }).click();
  await awa.getByRole("status").filter({ hasText: "Deleted." }).waitFor();
  assert.equal(await format.count(), 0);
  assert.equal(await awa.getByRole("link", { name: "Delete all of it" }).count(), 0, "an album is staff's to delete");
  await staff.goto(right);
  await staff.getByRole("link", { name: "Delete all of it" }).click();
  await staff.getByLabel("Why").fill(`A bootleg of a bootleg, ${run}.`);
  await look(staff, "delete-group");
  await staff.getByRole("button", { name: "Delete it" }).click();
  await staff.waitForURL(`${site}/music`);
  assert.equal((await awa.goto(right)).status(), 404);
  await awa.goto(`${site}/music?q=${encodeURIComponent(`"Nuit ${run}"`)}`);
  await awa.getByRole("heading", { name: "did not match anything" }).waitFor();
  await awa.goto(`${site}/log`);
  await awa.getByText(`A bootleg of a bootleg, ${run}.`).waitFor();
});

test("staff see what a comment said before", async () => {
  await awa.goto(`${site}/music?q=${encodeURIComponent(`"Mopti ${run}"`)}`);
  await awa.getByRole("link", { name: `Mopti ${run}` }).click();
  await awa.getByLabel("Write one").fill("You are wrong.");
  await awa.getByRole("button", { name: "Write it" }).click();
  await awa.getByRole("link", { name: /^Edit your comment/ }).click();
  await awa.getByLabel("Comment").fill("Perhaps.");
  await awa.getByRole("button", { name: "Save it" }).click();
  await awa.getByText("Perhaps.").waitFor();
  await staff.goto(awa.url());
  await staff.getByRole("link", { name: /^edited/ }).click();
  await staff.getByText("You are wrong.").waitFor();
  await look(staff, "comment-versions");
});

test("no page complained", () => {
  assert.deepEqual(complaints, []);
});
