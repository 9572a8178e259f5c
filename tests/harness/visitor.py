"""Somebody at a browser without JavaScript: keeps cookies, reads forms as they stand on the page and sends them back."""

import html
import html.parser
import http.client
import itertools
import json
import re
import urllib.parse
import uuid


class Page:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body
        self.html = body.decode("utf-8", "replace")
        self.location = headers.get("Location")

    @property
    def text(self):
        """What the page's main part says, in one line."""
        start, end = self.html.find("<main"), self.html.find("</main")
        words = re.sub(r"<[^>]*>", " ", self.html[max(start, 0): end if end > 0 else None])
        return re.sub(r"\s+", " ", html.unescape(words)).strip()

    def json(self):
        return json.loads(self.body)

    def form(self, action=None):
        """The fields of the form with that action (default: the page's own), as (name, value) in order."""
        reader = _Forms()
        reader.feed(self.html)
        for found, fields in reader.forms:
            if found == action:
                return [field for field in fields if field[0]]
        raise AssertionError(f"no form for {action}: {[form[0] for form in reader.forms]}")


class _Forms(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.forms, self.fields, self.select = [], None, None

    def handle_starttag(self, tag, pairs):
        attrs = dict(pairs)
        if tag == "form":
            self.fields = []
            self.forms.append((attrs.get("action"), self.fields))
        elif self.fields is None:
            return
        elif tag == "input" and attrs.get("type") not in ("file", "checkbox", "submit"):
            self.fields.append((attrs.get("name"), attrs.get("value", "")))
        elif tag == "input" and attrs.get("type") == "checkbox" and "checked" in attrs:
            self.fields.append((attrs.get("name"), attrs.get("value", "on")))
        elif tag == "textarea":
            self.fields.append((attrs.get("name"), ""))
        elif tag == "select":
            self.fields.append((attrs.get("name"), ""))
            self.select = "empty"
        elif tag == "option" and self.select and ("selected" in attrs or self.select == "empty"):
            self.fields[-1] = (self.fields[-1][0], attrs.get("value", ""))
            self.select = "filled"

    def handle_endtag(self, tag):
        if tag == "form":
            self.fields = None
        elif tag == "select":
            self.select = None


class Visitor:
    """Each comes from one of the addresses of the tests' network, for guessing is limited by address."""

    _addresses = itertools.cycle(f"10.77.0.{i}" for i in range(2, 10))

    def __init__(self, site):
        self.site = site
        self.address = next(self._addresses)
        self.cookies = {}

    def request(self, method, path, body=None, headers=None, timeout=30):
        address = urllib.parse.urlsplit(self.site)
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=timeout, source_address=(self.address, 0))
        sent = dict(headers or {})
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        try:
            connection.request(method, path, body=body, headers=sent)
            reply = connection.getresponse()
            page = Page(reply.status, reply.headers, reply.read())
        finally:
            connection.close()
        for line in page.headers.get_all("Set-Cookie", []):
            name, _, value = line.split(";")[0].partition("=")
            if "Max-Age=0" in line:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
        return page

    def get(self, path, **more):
        return self.request("GET", path.removeprefix(self.site), **more)

    def post(self, path, fields, headers=None, **more):
        body = urllib.parse.urlencode(list(fields.items()) if isinstance(fields, dict) else fields)
        headers = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
        return self.request("POST", path, body=body, headers=headers, **more)

    def post_file(self, path, fields, name, content, headers=None, field="torrent", **more):
        """A form with a file in one of its inputs (content None: none chosen)."""
        return self.post_files(path, fields, [(field, name, content or b"")], headers, **more)

    def post_files(self, path, fields, files, headers=None, **more):
        """A form with files, each as (input, name, content)."""
        mark = uuid.uuid4().hex
        parts = [f'--{mark}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'.encode() for k, v in fields]
        for field, name, content in files:
            parts.append(f'--{mark}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n'
                         "Content-Type: application/octet-stream\r\n\r\n".encode() + content + b"\r\n")
        body = b"".join(parts) + f"--{mark}--\r\n".encode()
        headers = {"Content-Type": f"multipart/form-data; boundary={mark}", **(headers or {})}
        return self.request("POST", path, body=body, headers=headers, **more)

    def send(self, path, action=None, **values):
        """Opens a page, fills its form and sends it."""
        page = self.get(path)
        assert page.status == 200, (path, page.status, page.text)
        fields = fill(page.form(action), **values)
        return self.post(action or path.split("?")[0], fields)

    def sign_up(self, link, name, password="the old drum speaks"):
        page = self.send(link.removeprefix(self.site), "/sign-up", name=name, password=password, again=password)
        return page

    def sign_in(self, name, password="the old drum speaks"):
        return self.send("/sign-in", "/sign-in", name=name, password=password)


def fill(fields, **values):
    """The fields with some values changed: each value goes to the first of its name, which is added when it is not there."""
    fields = list(fields)
    for name, value in values.items():
        at = next((i for i, field in enumerate(fields) if field[0] == name), None)
        if at is None:
            fields.append((name, value))
        else:
            fields[at] = (name, value)
    return fields
