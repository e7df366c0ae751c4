"""Strange messages of our own making; every reader of mail must come through all of them."""

from __future__ import annotations

STRANGE: dict[str, bytes] = {
    "nothing": b"",
    "only a line end": b"\r\n",
    "no header": b"just some text\nand more\n",
    "only a header": b"Subject: alone",
    "bytes of no charset": b"Subject: \xff\xfe\x80\r\nFrom: \x81\x8d\r\n\r\n\xff\x00\xfe",
    "broken words": b"Subject: =?utf-8?B?A?= =?nope?Q?=zz?= =?utf-8?Q?=\r\n\r\nx",
    "a word cut in two": (
        b"Subject: =?utf-8?B?w6TDtsO8?= =?utf-8?B?w6TD?=\r\n =?utf-8?B?tsO8?=\r\n\r\nx"
    ),
    "no zone": b"Date: Sat, 30 Feb 2099 25:61:61\r\nReceived: from a; nonsense\r\n\r\nx",
    "an early date": b"Date: Mon, 1 Jan 0001 00:00:00 +0000\r\n\r\nx",
    "a late date": b"Date: Fri, 31 Dec 9999 23:59:59 -1200\r\n\r\nx",
    "addresses of all sorts": (
        b"From: (comment only)\r\n"
        b'To: "a, b" <a@example.test>, friends: c@example.test, (D D) d@example.test;, <>\r\n'
        b'Cc: undisclosed-recipients:;, "unclosed <e@example.test>, f@@example.test\r\n'
        b"Bcc: hidden@example.test\r\n\r\nx"
    ),
    "no boundary": b"Content-Type: multipart/mixed\r\n\r\n--x\r\n\r\npart\r\n--x--",
    "an unclosed boundary": (
        b'Content-Type: multipart/mixed; boundary="x"\r\n\r\n--x\r\n\r\none\r\n--x\r\n\r\ntwo'
    ),
    "parts without end": b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n" * 2000,
    "nested for ever": b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(3000)
    ),
    "messages for ever": b"Content-Type: message/rfc822\n\n" * 3000,
    "a message in base64": (
        b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
        b"U3ViamVjdDogaW5zaWRlCgpIZWxsbw==\n"
    ),
    "base64 with one too many": b"Content-Transfer-Encoding: base64\n\nQUJDR\n",
    "base64 with rubbish": b"Content-Transfer-Encoding: base64\n\nQ*U-J\xffD\n",
    "unknown encoding": b"Content-Transfer-Encoding: x-own\n\nbytes \xff\n",
    "uuencoded": (
        b"Content-Transfer-Encoding: x-uuencode\nContent-Type: image/png; name=a.png\n\n"
        b"begin 644 a.png\n%:&5L;&\\ \n \nend\n"
    ),
    "unknown charset": b"Content-Type: text/html; charset=x-mars-7\n\n<p>\xe4</p>\n",
    "not a charset": b"Content-Type: text/plain; charset=rot13\n\nHello\n",
    "a zero in the type": b"Content-Type: te\0xt/pl\0ain; charset=\0\n\nHello\n",
    "UTF-16": b"Content-Type: text/html; charset=utf-16\n\n" + "<p>雪</p>".encode("utf-16"),
    "wrong parameters": (
        b"Content-Type: text/plain; name*0*=utf-8''%zz; name*1=b; ; =x; a=\"open\n\nHello\n"
    ),
    "signed without parts": b'Content-Type: multipart/signed; boundary="s"\r\n\r\nnothing here',
    "encrypted": (
        b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\r\n"
        b"Content-Transfer-Encoding: base64\r\nSubject: secret\r\n\r\nAQIDBA==\r\n"
    ),
    "lone carriage returns": b"Subject: old\rFrom: mac@example.test\r\rHello\rthere",
    "very long line": b"Subject: " + b"long " * 20_000 + b"\n\n" + b"x" * 100_000,
    "many fields": b"".join(b"X-%d: v\n" % n for n in range(5_000)) + b"\nx",
    "text after text": (
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n\n<p>1</p>\n"
        b"--b\nContent-Type: text/plain\n\nfooter\n--b--\n"
    ),
    "calendar inside": (
        b"Content-Type: multipart/alternative; boundary=b\n\n--b\n\ntext\n--b\n"
        b"Content-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR\nEND:VCALENDAR\n--b--\n"
    ),
}

SIGNED = (
    b"From: Ada <ada@example.test>\r\n"
    b"Subject: signed\r\n"
    b"MIME-Version: 1.0\r\n"
    b'Content-Type: multipart/signed; protocol="application/pkcs7-signature";\r\n'
    b'\tmicalg=sha-256; boundary="sig"\r\n'
    b"\r\n"
    b"This is a signed message.\r\n"
    b"--sig\r\n"
    b"Content-Type: text/plain\r\n"
    b"\r\n"
    b"I, Ada.  \r\n"
    b"--sig\r\n"
    b"Content-Type: application/pkcs7-signature; name=smime.p7s\r\n"
    b"Content-Transfer-Encoding: base64\r\n"
    b"\r\n"
    b"AAECAw==\r\n"
    b"--sig--\r\n"
)
