"""Every kind of secret on one page: its name, its reason in plain words, and what it looks like."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from detect_secrets.plugins.aws import AWSKeyDetector
from detect_secrets.plugins.azure_storage_key import AzureStorageKeyDetector
from detect_secrets.plugins.base import RegexBasedDetector
from detect_secrets.plugins.discord import DiscordBotTokenDetector
from detect_secrets.plugins.github_token import GitHubTokenDetector
from detect_secrets.plugins.gitlab_token import GitLabTokenDetector
from detect_secrets.plugins.mailchimp import MailchimpDetector
from detect_secrets.plugins.openai import OpenAIDetector
from detect_secrets.plugins.pypi_token import PypiTokenDetector
from detect_secrets.plugins.sendgrid import SendGridDetector
from detect_secrets.plugins.slack import SlackDetector
from detect_secrets.plugins.square_oauth import SquareOAuthDetector
from detect_secrets.plugins.stripe import StripeDetector
from detect_secrets.plugins.telegram_token import TelegramBotTokenDetector
from detect_secrets.plugins.twilio import TwilioKeyDetector

from builds.evidence import Rule

REASON = "{what} stands in clear text; whoever reads this can use it. Revoke it if it is real."


@dataclass(frozen=True, kw_only=True)
class Known(Rule):
    """A secret that is known by its form alone. The last group of a pattern is the secret, else all of it."""

    patterns: tuple[re.Pattern[str], ...]


def known(name: str, what: str, *patterns: str, plugin: type[RegexBasedDetector] | None = None) -> Known:
    """A row: our own patterns, and those of a plugin of detect-secrets."""
    theirs: Iterable[re.Pattern[str]] = plugin().denylist if plugin else ()
    return Known(
        name=name,
        severity="critical",
        reason=REASON.format(what=what),
        patterns=(*(re.compile(pattern) for pattern in patterns), *theirs),
    )


# Every repetition is bounded, so that no text takes longer than its length.
KNOWN = (
    known("anthropic_key", "A key of Anthropic's API", r"sk-ant-[\w-]{20,200}"),
    known(
        "openai_key",
        "A key of OpenAI's API",
        r"sk-(?:proj|svcacct|admin|or-v1)-[\w-]{20,250}",
        r"sk-[A-Za-z0-9]{48}",
        plugin=OpenAIDetector,
    ),
    known("github_token", "A GitHub token", r"github_pat_\w{22,255}", plugin=GitHubTokenDetector),
    known("gitlab_token", "A GitLab token", plugin=GitLabTokenDetector),
    known("aws_key", "A key of Amazon Web Services", plugin=AWSKeyDetector),
    known("azure_key", "A key of an Azure storage account", plugin=AzureStorageKeyDetector),
    known(
        "google_key",
        "A key of Google's APIs",
        r"AIza[\w-]{35}",
        r"GOCSPX-[\w-]{28}",
        r"ya29\.[\w-]{40,400}",
    ),
    known("slack_token", "A Slack token", r"xox[abeoprs]-[A-Za-z0-9-]{20,250}", plugin=SlackDetector),
    known("stripe_key", "A Stripe key", r"[rs]k_live_\w{20,250}", r"whsec_\w{32,64}", plugin=StripeDetector),
    known("npm_token", "An npm token", r"npm_[A-Za-z0-9]{36}"),
    known("pypi_token", "A PyPI token", plugin=PypiTokenDetector),
    known("sendgrid_key", "A SendGrid key", plugin=SendGridDetector),
    known("mailchimp_key", "A Mailchimp key", plugin=MailchimpDetector),
    known("square_secret", "A Square secret", plugin=SquareOAuthDetector),
    known("twilio_key", "A Twilio key", plugin=TwilioKeyDetector),
    known("telegram_token", "A Telegram bot's token", plugin=TelegramBotTokenDetector),
    known("discord_token", "A Discord bot's token", plugin=DiscordBotTokenDetector),
    known("huggingface_token", "A Hugging Face token", r"hf_[A-Za-z]{34}"),
    known("dream_token", "A token of Dream Machine's API", r"dream_[A-Za-z0-9]{49}"),
    known("digitalocean_token", "A DigitalOcean token", r"do[opr]_v1_[a-f0-9]{64}"),
)

OTHERS = (
    Rule("private_key", "critical", REASON.format(what="A private key")),
    Rule("json_web_token", "critical", REASON.format(what="A signed token (JWT)")),
    Rule("database_url", "critical", REASON.format(what="A database's address with its password")),
    Rule("basic_auth_url", "critical", REASON.format(what="An address with a password")),
    Rule("secret_assigned", "critical", REASON.format(what="A random value under the name of a secret")),
)

RULES: dict[str, Rule] = {rule.name: rule for rule in (*KNOWN, *OTHERS)}
