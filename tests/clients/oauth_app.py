"""An app at a live server: registered from the shell, let in by a browser that sends back the form of the page."""

from __future__ import annotations

import re
from html import unescape

import requests
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata

REDIRECT = "http://127.0.0.1:49152/cb"  # registered without a port
SCOPE = "bookmarks:read tags:read"


def register(server, method):
    """An app's client id and secret, from the shell."""
    public = ["--public"] if method == "none" else []
    secret = server.polymark(
        "client", "add", server.username, "--name", method, "--redirect-uri", "http://127.0.0.1/cb", *public
    )
    (row,) = [row for line in server.polymark("client", "list", server.username).splitlines()
              if (row := line.split("\t"))[2] == method]  # fmt: skip
    return row[1], secret or None


def sign_in(server):
    """A browser that is signed in."""
    browser = requests.Session()
    page = browser.get(f"{server.base}/login")
    form = {"username": server.username, "password": server.password, "csrf": hidden(page.text)["csrf"]}
    assert 200 == browser.post(f"{server.base}/login", data=form).status_code
    return browser


def hidden(text):
    """The hidden fields of a page's forms."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', text)
    return {name: unescape(value) for name, value in found}


def allow(server, browser, url):
    """Answer the consent page; where the browser is sent then."""
    page = browser.get(url)
    assert 200 == page.status_code, page.text
    form = hidden(page.text) | {"answer": "allow"}
    return browser.post(f"{server.base}/oauth/authorize", data=form, allow_redirects=False).headers["Location"]


def read_metadata(server):
    """What the server says of itself, looked through by Authlib."""
    answer = requests.get(f"{server.base}/.well-known/oauth-authorization-server")
    metadata = AuthorizationServerMetadata(answer.json())
    metadata.validate()
    assert server.base == metadata["issuer"]
    return metadata
