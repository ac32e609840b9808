"""A mail server for tests: aiosmtpd with a rule or two. Usage: smtp.py <port> <folder for accepted mail> [tls|starttls <pem>]

With TLS it wants the user `orders` with the password `a password of nobody`.

An accepted mail becomes a file: its head as it came, an empty line, then subject and text as a reader understands them.
"""

import email.policy
import itertools
import pathlib
import ssl
import sys
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

PORT, FOLDER = int(sys.argv[1]), pathlib.Path(sys.argv[2])


class Rules:
    numbers = itertools.count(1)
    busy = 2

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "550 5.1.1 no such mailbox"
        if address.startswith("busy@") and Rules.busy:
            Rules.busy -= 1
            return "451 4.3.0 later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        head = envelope.content.split(b"\r\n\r\n", 1)[0]
        read = f"\r\n\r\n{mail['subject']}\n{mail.get_content()}".encode()
        (FOLDER / f"{next(Rules.numbers):03}.eml").write_bytes(head + read)
        if "silent@example.com" in envelope.rcpt_tos:
            server.transport.abort()
        return "250 OK"


def authenticator(server, session, envelope, mechanism, data):
    known = (data.login, data.password) == (b"orders", b"a password of nobody")
    return AuthResult(success=known, handled=False)


wanted = {}
if len(sys.argv) > 3:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(sys.argv[4])
    wanted = {"authenticator": authenticator, "auth_required": True}
    if sys.argv[3] == "tls":
        # The server cannot see that the connection is encrypted from its start.
        wanted |= {"ssl_context": context, "auth_require_tls": False}
    else:
        wanted |= {"tls_context": context, "require_starttls": True}
Controller(Rules(), hostname="127.0.0.1", port=PORT, **wanted).start()
threading.Event().wait()
