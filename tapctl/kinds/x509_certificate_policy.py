"""X509CertificatePolicy: who may sign in with a certificate, and what it proves."""

from __future__ import annotations

from tapctl.kinds._authentication_method import method_configuration

KIND = method_configuration(
    "X509CertificatePolicy",
    "X509Certificate",
    "x509CertificateAuthenticationMethodConfiguration",
)
