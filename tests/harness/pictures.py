"""Image files for tests: drawn here, by Pillow or by hand."""
import functools, io, random, struct, zlib

from PIL import Image, ImageDraw

RED, GREEN, BLUE, WHITE = (220, 0, 0), (0, 160, 0), (0, 0, 220), (255, 255, 255)


def drawn(size=(300, 200), mode="RGB", background=RED):
    """Its upper left quarter is green, the rest of the background's color, but for a dot by which it is told from others."""
    image = Image.new(mode, size, background)
    ImageDraw.Draw(image).rectangle((0, 0, size[0] // 2 - 1, size[1] // 2 - 1), fill=GREEN)
    image.putpixel((size[0] - 1, size[1] - 1), tuple(random.randrange(256) for _ in range(3)))
    x, y = (random.randrange(edge * 2 // 3, edge * 5 // 6) for edge in size)
    ImageDraw.Draw(image).rectangle((x, y, x + 9, y + 9), fill=tuple(random.randrange(256) for _ in range(3)))
    return image


def saved(image, kind="PNG", **more):
    file = io.BytesIO()
    image.save(file, kind, **more)
    return file.getvalue()


def png(**more):
    return saved(drawn(**more))


def jpeg(orientation=1, **more):
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = orientation, "SECRET PLACE"
    return saved(drawn(**more), "JPEG", quality=95, exif=exif, comment=b"SECRET WORD")


def moving(kind):
    frames = [drawn(background=color) for color in (RED, BLUE, WHITE)]
    return saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_by_hand(width, height, depth, color, rows):
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def deep_png(width=100, height=80):
    """16 bits a channel: the left half is green, the right half lets everything through."""
    green, nothing = struct.pack(">4H", 0, 0xA0A0, 0, 0xFFFF), struct.pack(">4H", 0xDCDC, 0, 0, 0)
    row = b"\0" + green * (width // 2) + nothing * (width - width // 2)
    return png_by_hand(width, height, 16, 6, row * height)


def bomb(width, height):
    """Little to send, much to decode."""
    return png_by_hand(width, height, 1, 0, (b"\0" + bytes((width + 7) // 8)) * min(height, 1000))


@functools.cache
def slow(width=6000, height=5000):
    """As many pixels as are read, and more than a second to decode."""
    return saved(Image.new("P", (width, height)), "GIF")


def opened(data):
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def colors(image):
    """Of the four quarters, from the upper left, each as the nearest of those above."""
    def nearest(pixel):
        return min((RED, GREEN, BLUE, WHITE), key=lambda color: sum((a - b) ** 2 for a, b in zip(pixel, color)))
    image, (width, height) = image.convert("RGB"), image.size
    return [nearest(image.getpixel((width * x // 8, height * y // 8))) for y in (1, 5) for x in (1, 5)]
