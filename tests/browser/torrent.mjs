// A real .torrent and its content, made here; and what the tests read out of one.
import { createHash, randomBytes } from "node:crypto";

const text = (value) => Buffer.concat([Buffer.from(`${Buffer.byteLength(value)}:`), Buffer.from(value)]);
const number = (value) => Buffer.from(`i${value}e`);
const list = (values) => Buffer.concat([Buffer.from("l"), ...values, Buffer.from("e")]);

// Keys are sorted here; values are bencoded already.
function dict(entries) {
  const keys = Object.keys(entries).sort();
  return Buffer.concat([Buffer.from("d"), ...keys.flatMap((key) => [text(key), entries[key]]), Buffer.from("e")]);
}

// A private torrent of a few small files, different each time.
export function makeTorrent(name, paths, pieceLength = 16384) {
  const files = paths.map((path, i) => ({ path, content: randomBytes(20000 + 1000 * i) }));
  const whole = Buffer.concat(files.map((file) => file.content));
  const pieces = [];
  for (let at = 0; at < whole.length; at += pieceLength) {
    pieces.push(createHash("sha1").update(whole.subarray(at, at + pieceLength)).digest());
  }
  const info = dict({
    files: list(files.map((file) =>
      dict({ length: number(file.content.length), path: list(file.path.split("/").map(text)) }))),
    name: text(name),
    "piece length": number(pieceLength),
    pieces: text(Buffer.concat(pieces)),
    private: number(1),
  });
  const metainfo = dict({ announce: text("http://tracker.invalid/announce"), info });
  return { metainfo, hash: createHash("sha1").update(info).digest("hex"), size: whole.length };
}

// The announce URL of a .torrent: the first text behind its key.
export function announceOf(metainfo) {
  const found = /8:announce(\d+):/.exec(metainfo.toString("latin1"));
  if (!found) return null;
  const from = found.index + found[0].length;
  return metainfo.subarray(from, from + Number(found[1])).toString();
}

// Its info-hash: `info` is the last of the keys that stand in our files, so its value ends where the outer dictionary does.
export function hashOf(metainfo) {
  const at = metainfo.indexOf("4:infod");
  return createHash("sha1").update(metainfo.subarray(at + 6, metainfo.length - 1)).digest("hex");
}
