// A PNG drawn here: rings of two colors around a point, by which one is told from another.
import { crc32, deflateSync } from "node:zlib";

// Node's zlib has crc32 only of late.
const table = Array.from({ length: 256 }, (_, n) => {
  for (let i = 0; i < 8; i++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n >>> 0;
});
const sum = crc32 ?? ((bytes) => ~bytes.reduce((crc, byte) => table[(crc ^ byte) & 255] ^ (crc >>> 8), -1) >>> 0);

function chunk(name, data) {
  const body = Buffer.concat([Buffer.from(name), data]), whole = Buffer.alloc(body.length + 8);
  whole.writeUInt32BE(data.length);
  body.copy(whole, 4);
  whole.writeUInt32BE(sum(body), body.length + 4);
  return whole;
}

export function makePicture(width, height, ...colors) {
  const rows = Buffer.alloc((width * 3 + 1) * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const ring = Math.floor(Math.hypot(x - width * 0.62, y - height * 0.38) / 45) % colors.length;
      const shade = 0.6 + 0.4 * (1 - y / height);
      colors[ring].forEach((part, i) => { rows[y * (width * 3 + 1) + 1 + x * 3 + i] = part * shade; });
    }
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width);
  head.writeUInt32BE(height, 4);
  head.set([8, 2], 8);
  return Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), chunk("IHDR", head), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]);
}
