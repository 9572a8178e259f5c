// What members say, in a real browser, against a running instance: two of them tag, vote, comment, bookmark, subscribe, save a search, make
// a collage, report and ask for something; staff answer. Without JavaScript the same is tests/integration/test_talk.py.
//
// Waits for what the page shows, never for time.
import assert from "node:assert/strict";
import { test } from "node:test";
import { addAlbum, complaints, look as lookAt, member, run, site, until } from "./site.mjs";

const title = `Nuit <b>&</b> "jour" ${run}`;
let awa, staff, album;

const look = (page, name) => lookAt(page, `talk-${name}`);

test("a member adds an album whose description is wiki text", async () => {
  awa = await member("awa");
  staff = await member("staff", "--class", "moderator");
  const text = "**Three nights** on a boat <script>alert(1)</script>\n\n1. Départ\n2. Nuit\n\nSee https://example.org/ .";
  album = await addAlbum(awa, { artist: `Awa ${run}`, title, more: () => awa.getByLabel("Album description").fill(text) });
  await awa.locator(".wiki strong", { hasText: "Three nights" }).waitFor();
  assert.equal(await awa.locator(".wiki li").count(), 2);
  const link = awa.getByRole("link", { name: "https://example.org/" });
  assert.equal(await link.getAttribute("rel"), "nofollow noopener noreferrer");
  assert.equal(await awa.locator(".wiki script").count(), 0);
});

test("tags are added and voted on", async () => {
  await awa.getByLabel("Add tags, separated by commas").fill("jazz, موسيقى");
  await awa.getByRole("button", { name: "Add", exact: true }).click();
  await awa.getByRole("button", { name: "jazz fits", exact: true }).and(awa.locator("[aria-pressed=true]")).waitFor();
  const more = awa.getByLabel("Add tags, separated by commas");
  await more.pressSequentially("live, jaz");
  await awa.getByRole("option", { name: "jazz" }).waitFor();
  await look(awa, "tags-offered");
  await awa.getByRole("option", { name: "jazz" }).click();
  assert.equal(await more.inputValue(), "live, jazz");
  await staff.goto(album);
  await staff.getByRole("button", { name: "jazz does not fit" }).click();
  await staff.getByRole("button", { name: "jazz does not fit" }).and(staff.locator("[aria-pressed=true]")).waitFor();
  assert.match(await staff.getByRole("listitem").filter({ hasText: "jazz" }).first().innerText(), /0/);
  await staff.getByRole("button", { name: "jazz does not fit" }).click(); // taken back
  await staff.getByRole("button", { name: "jazz does not fit" }).and(staff.locator("[aria-pressed=false]")).waitFor();
});

test("a comment is written, answered, edited, and has an address", async () => {
  await awa.getByLabel("Write one").fill("*Loud* and <i>clear</i>.");
  await awa.getByRole("button", { name: "Write it" }).click();
  await awa.waitForURL(/#c\d+$/);
  await staff.goto(awa.url());
  await staff.locator(".comments em", { hasText: "Loud" }).waitFor();
  await staff.getByLabel("Write one").fill("حفلة رائعة");
  await staff.getByRole("button", { name: "Write it" }).click();
  await staff.getByText("حفلة رائعة").waitFor();
  await look(staff, "album");
  await awa.getByRole("link", { name: /^Edit your comment/ }).click();
  assert.equal(await awa.getByLabel("Comment").inputValue(), "*Loud* and <i>clear</i>.");
  await awa.getByLabel("Comment").fill("Quiet.");
  await look(awa, "comment-edit");
  await awa.getByRole("button", { name: "Save it" }).click();
  await awa.getByText("edited just now").or(awa.getByText(/edited .* ago/)).first().waitFor();
});

test("a page is bookmarked and found again", async () => {
  await awa.goto(album);
  await awa.getByRole("button", { name: "Bookmark", exact: true }).click();
  await awa.getByRole("button", { name: "Bookmarked" }).waitFor();
  await awa.getByRole("link", { name: "Bookmarks" }).click();
  await awa.getByRole("link", { name: title }).waitFor();
  await look(awa, "bookmarks");
});

test("a torrent is reported, and staff answer", async () => {
  await awa.goto(album);
  await awa.getByText(/^Added .* by/).click();
  await awa.getByRole("link", { name: /^Report this Format/ }).click();
  await awa.getByLabel("What is wrong").selectOption("It is broken, incomplete or not what it says");
  await awa.getByLabel("In your words").fill("The last track is cut.");
  await awa.getByRole("button", { name: "Tell staff" }).click();
  await awa.getByRole("status").filter({ hasText: "Staff have been told" }).waitFor();
  await staff.goto(`${site}/`);
  await staff.getByText("Staff", { exact: true }).click();
  await staff.getByRole("link", { name: "Reports" }).first().click();
  const report = staff.locator(".report").filter({ hasText: title });
  await report.getByRole("button", { name: /^I look into it/ }).click();
  await report.getByText("you look into it").waitFor();
  await look(staff, "reports");
  await report.getByLabel("What came of it").fill("A better one is on its way.");
  await report.getByRole("button", { name: /^Resolve/ }).click();
  await report.waitFor({ state: "detached" });
  await awa.goto(`${site}/reports?resolved=1`);
  await awa.getByText("A better one is on its way.").waitFor();
});

test("what is missed is asked for, voted for and filled", async () => {
  await awa.getByRole("link", { name: "Requests" }).click();
  await awa.getByRole("link", { name: "Ask for something" }).first().click();
  await awa.getByLabel("Kind").selectOption("Music");
  await awa.getByLabel("What you miss").fill(`Mopti la nuit ${run}`);
  await awa.getByLabel("More about it").fill("The **vinyl**.");
  await awa.getByRole("button", { name: "Ask for it" }).click();
  await awa.getByText("1 vote.").waitFor();
  await staff.goto(awa.url());
  await staff.getByRole("button", { name: "I want it too" }).click();
  await staff.getByText("2 votes.").waitFor();
  await look(staff, "request");
  await staff.goto(`${site}/requests`);
  await look(staff, "requests");
  await staff.getByRole("link", { name: `Mopti la nuit ${run}` }).click();
  await staff.getByLabel("The torrent").fill(`${album}#${await awa.request.get(album).then((page) => page.text()).then((html) => html.match(/id="(t\d+)"/)[1])}`);
  await staff.getByRole("button", { name: "This is it" }).click();
  await staff.getByRole("heading", { name: "It is here" }).waitFor();
  await staff.goto(`${site}/log`);
  await staff.getByText(`filled the request Mopti la nuit ${run}`).waitFor();
  await look(staff, "log");
});

test("a page that is subscribed to tells what is new, as one notice", async () => {
  await awa.goto(album);
  await awa.getByRole("button", { name: "Subscribe", exact: true }).click();
  await awa.getByRole("button", { name: "Subscribed" }).waitFor();
  for (const text of ["The second side.", "And the third."]) {
    await staff.goto(album);
    await staff.getByLabel("Write one").fill(text);
    await staff.getByRole("button", { name: "Write it" }).click();
    await staff.getByText(text).waitFor();
  }
  const notice = awa.locator(".notice").filter({ hasText: `News of ${title}` });
  await until(awa, `${site}/inbox`, notice.getByText("2 times"));
  await look(awa, "inbox");
  await notice.getByRole("button", { name: /^See it/ }).click();
  await awa.waitForURL(/#c\d+$/);
  await awa.getByText("The second side.").waitFor();
  await awa.getByRole("link", { name: "Bookmarks" }).click();
  await awa.getByRole("link", { name: "Subscriptions" }).click();
  await awa.getByRole("link", { name: title }).waitFor();
  await look(awa, "subscriptions");
});

test("a search is saved, opened again, and tells what it finds", async () => {
  await staff.goto(`${site}/music?q=Awa+${run}`);
  await staff.getByRole("link", { name: "Save this search" }).click();
  await staff.getByLabel("Name", { exact: false }).last().fill(`Awa, all of her ${run}`);
  await staff.getByLabel("Begin with it whenever I open Music").check();
  await look(staff, "search-form");
  await staff.getByRole("button", { name: "Save it" }).click();
  await staff.getByRole("link", { name: `Awa, all of her ${run}`, exact: true }).waitFor();
  await look(staff, "searches");
  await staff.getByRole("link", { name: `Awa, all of her ${run}`, exact: true }).click();
  await staff.getByRole("link", { name: title }).waitFor();
  await staff.getByRole("link", { name: "Music", exact: true }).click();
  await staff.waitForURL(`${site}/music?q=Awa%20${run}`);
  await staff.getByRole("link", { name: "Show all" }).click();
  await staff.waitForURL(`${site}/music?q=`);
  const feed = await awa.request.get(album).then((page) => page.text());
  await addAlbum(awa, { at: feed.match(/\/upload\/music\?group=\d+/)[0], format: "MP3", bitrate: "320" });
  await until(staff, `${site}/inbox`, staff.locator(".notice").filter({ hasText: `Found: Awa, all of her ${run}` }));
});

test("a collage is made, added to and put in order", async () => {
  await awa.getByRole("link", { name: "Collages", exact: true }).first().click();
  await awa.getByRole("link", { name: "Make a collage" }).click();
  await awa.getByLabel("Category").selectOption("Theme");
  await awa.getByLabel("Title").fill(`Nights ${run}`);
  await awa.getByLabel("About it").fill("What is played **after dark**.");
  await awa.getByRole("button", { name: "Make it" }).click();
  await awa.getByLabel("The page of an entry").fill(album);
  await awa.getByRole("button", { name: "Add it" }).click();
  await awa.getByRole("link", { name: title }).waitFor();
  await look(awa, "collage");
  await awa.getByRole("link", { name: "Entries" }).click();
  await awa.getByLabel(/^Place of/).waitFor();
  await look(awa, "collage-order");
  await staff.goto(album);
  await staff.getByRole("link", { name: `Nights ${run}` }).click();
  await staff.getByRole("link", { name: "Edit", exact: true }).click();
  await staff.getByLabel(/Locked/).check();
  await staff.getByRole("button", { name: "Save it" }).click();
  await staff.waitForURL(/\/collage\/\d+$/);
  await staff.getByText("Locked: only staff change it").waitFor();
  await awa.goto(staff.url());
  await awa.getByText("Locked: only staff change it").waitFor();
  await awa.getByRole("link", { name: "History" }).click();
  await awa.getByText(/added to the collage/).waitFor();
  await awa.goto(`${site}/collages`);
  await look(awa, "collages");
});

test("a collage is deleted with a reason", async () => {
  await staff.goto(`${site}/collages?words=${run}`);
  await staff.getByRole("link", { name: `Nights ${run}` }).click();
  const collage = staff.url();
  await staff.getByRole("link", { name: "Delete", exact: true }).click();
  await staff.getByLabel("Why").fill("Nobody goes out any more.");
  await look(staff, "collage-delete");
  await staff.getByRole("button", { name: "Delete it" }).click();
  await staff.waitForURL(`${site}/collages`);
  await staff.getByRole("status").filter({ hasText: "Deleted." }).waitFor();
  assert.equal((await awa.goto(collage)).status(), 404);
  await awa.goto(album);
  assert.equal(await awa.getByRole("link", { name: `Nights ${run}` }).count(), 0);
});

test("no page complained", () => {
  assert.deepEqual(complaints, []);
});
