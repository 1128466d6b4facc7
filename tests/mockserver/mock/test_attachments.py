"""Attachments."""

from __future__ import annotations

import pytest


@pytest.fixture
def talk(api):
    """A conversation in a handoff."""
    made = api.conversation()
    api.write(made, "a human, please")
    return made


def upload(api, talk, name="photo.png", content=b"\x89PNG", mime_type="image/png"):
    return api(
        "POST", f"/conversations/{talk['id']}/attachments/", files={"file": (name, content, mime_type)}
    )


def test_uploaded_and_served(api, talk):
    """What was uploaded is served at a presigned address that needs no key, as a download."""
    made = upload(api, talk, "mein Foto ü.png")
    assert made.status_code == 201
    url = made.json().pop("url")
    assert made.json() == {"url": url, "mime_type": "image/png", "filename": "mein Foto ü.png"}
    served = api.request("GET", url, headers={"authorization": ""})
    assert (served.status_code, served.content) == (200, b"\x89PNG")
    assert served.headers["content-type"] == "image/png"
    assert served.headers["content-disposition"] == "attachment; filename*=UTF-8''mein%20Foto%20%C3%BC.png"
    assert served.headers["content-security-policy"] == "sandbox"


def test_served_to_pages(api, talk):
    """The address works in a page of another site, which shows the transcript, and by any name; to read alone."""
    url = upload(api, talk).json()["url"]
    shown = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"}
    assert api.request("GET", url, headers={"host": "mock.example.com", **shown}).content == b"\x89PNG"
    assert api.request("POST", url, headers=shown).status_code == 403


def test_seven_days(api, talk):
    """The address is good for seven days, and only with its signature."""
    url = upload(api, talk).json()["url"]
    assert api.refused("GET", url.replace("signature=", "signature=0"))[1]["type"] == "invalid_signature"
    assert api.refused("GET", url.partition("?")[0])[0] == 403
    api.clock.advance(7 * 86_400 - 1)
    assert api.request("GET", url).status_code == 200
    api.clock.advance(1)
    assert api.refused("GET", url) == (
        403,
        {
            "type": "expired",
            "message": "The seven days of the attachment's address are over.",
            "details": None,
        },
    )


def test_only_in_a_handoff(api):
    """Outside a handoff an upload is refused, as documented."""
    status, error = api.refused(
        "POST", f"/conversations/{api.conversation()['id']}/attachments/", files={"file": ("a.txt", b"x")}
    )
    assert (status, error["message"]) == (
        400,
        "Attachments are taken only while the conversation is in a handoff.",
    )
    missing = api("POST", "/conversations/5f5e/attachments/", files={"file": ("a.txt", b"x")})
    assert missing.status_code == 404


@pytest.mark.parametrize("name", ["virus.exe", "noextension", ".png.", "x.html"])
def test_file_types(api, talk, name):
    """Only files of the documented types are taken."""
    refused = upload(api, talk, name).json()["errors"][0]
    assert refused["details"][0]["parameter"] == "$.file"
    assert refused["details"][0]["message"].startswith("must be of one of these types: txt, log, csv, ")


def test_odd_names(api, talk):
    """A path in a file's name, or a MIME type that is none, leaves a name and a type that are safe."""
    made = upload(api, talk, "../../etc/passwd.TXT", mime_type="nonsense").json()
    assert (made["filename"], made["mime_type"]) == ("passwd.TXT", "text/plain")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "multipart/form-data"),
        (b"x", "multipart/form-data; boundary=b"),
        (b"--b\r\nbroken", "multipart/form-data; boundary=b"),
        (
            b"--b\r\nContent-Disposition: form-data; name=file\r\n\r\ntext\r\n--b--",
            "multipart/form-data; boundary=b",
        ),
        (b"\xff\xfe", "multipart/form-data; boundary=\xff".encode("latin-1")),
    ],
)
def test_no_form(api, talk, content, kind):
    """A body that is no form with a file is refused."""
    status, error = api.refused(
        "POST", f"/conversations/{talk['id']}/attachments/", content=content, headers={"content-type": kind}
    )
    assert status == 400
    assert error["type"] in ("invalid_form", "validation_error")


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "application/json"])
def test_another_media_type(api, talk, kind):
    """A body that says it is no form is refused as that."""
    path = f"/conversations/{talk['id']}/attachments/"
    assert api.refused("POST", path, content=b"{}", headers={"content-type": kind}) == (
        415,
        {
            "type": "unsupported_media_type",
            "message": "Send the body as multipart/form-data, and say so in the header Content-Type.",
            "details": None,
        },
    )
