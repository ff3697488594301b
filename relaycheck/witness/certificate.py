"""The certificate of the listeners with TLS: made for one run by an authority that nobody else trusts."""

from __future__ import annotations

import ssl

import trustme


class RunCertificate:
    """An authority, and one certificate for the host by which the target reaches the witness."""

    def __init__(self, host: str) -> None:
        self._authority = trustme.CA(organization_name="relaycheck witness")
        names = dict.fromkeys((host, "localhost", "127.0.0.1"))
        self._server = self._authority.issue_cert(*names)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._server.configure_cert(self.context)

    @property
    def ca_pem(self) -> bytes:
        """The authority's certificate, for those who are to trust it."""
        return self._authority.cert_pem.bytes()
