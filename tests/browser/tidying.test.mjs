// Tidying the catalog in a real browser, against a running instance: an album that is here twice is merged, a torrent moved and moved back, an
// artist called otherwise and found by another spelling, a request filled by the upload that it asks for. Without JavaScript the same is
// tests/integration/test_tidying.py.
//
//   DJEMBE_TEST_WEB_URL   http://127.0.0.1:8080
//   DJEMBE_VAR            the instance's folder: its operator makes the invitations
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
const run = randomBytes(3).toString("hex");
const password = "seven rivers meet at dawn";
const desktop = { viewport: { width: 1280, height: 800 } };
const complaints = [];

let browser, awa, staff, wrong, right;

before(async () => {
  assert.ok(site && process.env.DJEMBE_VAR, "name a running instance in DJEMBE_TEST_WEB_URL and DJEMBE_VAR");
  browser = await launch();
});
after(() => browser?.close());

async function member(name, ...words) {
  const page = await (await browser.newContext(desktop)).newPage();
  page.setDefaultTimeout(60000);
  page.on("console", (message) => message.type() === "error" && complaints.push(`${page.url()}: ${message.text()}`));
  page.on("pageerror", (error) => complaints.push(`${page.url()}: ${error}`));
  await page.goto(JSON.parse(execFileSync(path.join(root, "djembe"), ["admin", "invite", ...words], { encoding: "utf8" })).link);
  await page.getByLabel("Member name").fill(`${name}-${run}`);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByLabel("The password again").fill(password);
  await page.getByRole("button", { name: "Make the account" }).click();
  await page.waitForURL(`${site}/`);
  return page;
}

async function look(page, name) {
  await inspect(page, `tidying-${name}`);
  await page.setViewportSize(desktop.viewport);
}

// What an album's form needs beside its title, which may be there already. Leads to its page.
async function upload(page, { at = "/upload/music", artist, title, format = "FLAC", bitrate = "Lossless", media = "CD" }) {
  await page.goto(site + at);
  await page.getByLabel("The .torrent file").setInputFiles({ name: "a.torrent", mimeType: "application/x-bittorrent",
    buffer: makeTorrent(`tidying ${randomBytes(4).toString("hex")}`, ["01.flac"]).metainfo });
  await page.getByLabel("Artists", { exact: true }).first().fill(artist);
  if (title) await page.getByLabel("Album title").fill(title);
  await page.locator("#field-year input").fill("1999");
  await page.getByLabel("Release type").selectOption("Album");
  await page.getByLabel("Media").selectOption(media);
  await page.getByLabel("Format required").selectOption(format);
  await page.getByLabel("Bitrate").selectOption(bitrate);
  await page.getByRole("button", { name: "Add it" }).click();
  await page.waitForURL(/\/music\/album\/\d+#t\d+$/);
  return page.url().replace(/#.*/, "");
}

test("staff merge an album that is here twice, and its address leads on", async () => {
  awa = await member("awa");
  staff = await member("staff", "--class", "moderator");
  wrong = await upload(awa, { artist: `Tumani ${run}`, title: `Nuit wrong ${run}` });
  right = await upload(awa, { artist: `Tumani ${run}`, title: `Nuit ${run}`, format: "MP3", bitrate: "320" });
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
  const other = await upload(awa, { artist: `Other ${run}`, title: `Jour ${run}` });
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
  await upload(awa, { at: link, artist: `Toumani ${run}` });
  await awa.getByRole("heading", { level: 1 }).filter({ hasText: `Mopti ${run}` }).waitFor();
  await staff.reload();
  await staff.getByRole("heading", { name: "It is here" }).waitFor();
});

test("staff see what a comment said before", async () => {
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

test("the browser's console has nothing to complain about", () => {
  const unexpected = complaints.filter((line) => !/ (400|409) /.test(line)); // refused forms that were asked for above
  assert.deepEqual(unexpected, []);
});
