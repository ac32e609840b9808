"""A mail server for tests: aiosmtpd with a rule or two. Usage: smtp.py <port> <folder for accepted mail>

An accepted mail becomes a file: its head as it came, an empty line, then subject and text as a reader understands them.
"""

import email.policy
import itertools
import pathlib
import sys
import threading

from aiosmtpd.controller import Controller

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


Controller(Rules(), hostname="127.0.0.1", port=PORT).start()
threading.Event().wait()
