"""Files that look as if they held secrets: never read, searched or written for a model."""

from pathspec import GitIgnoreSpec

SECRET_FILES = GitIgnoreSpec.from_lines(
    (
        ".env",
        ".env.*",
        "*.env",
        "!.env.example",
        "!.env.sample",
        "!.env.template",
        "!.env.dist",
        ".envrc",
        "*.pem",
        "*.key",
        "*.p12",
        "*.pfx",
        "*.jks",
        "*.keystore",
        "*.kdbx",
        "*.ppk",
        "id_rsa*",
        "id_dsa*",
        "id_ecdsa*",
        "id_ed25519*",
        ".netrc",
        ".pgpass",
        ".npmrc",
        ".pypirc",
        ".htpasswd",
        ".git-credentials",
        "credentials",
        "credentials.json",
        "credentials.y*ml",
        "credentials.toml",
        "secrets.json",
        "secrets.y*ml",
        "secrets.toml",
        "service-account*.json",
        "terraform.tfstate*",
        "*.tfvars",
        ".aws/",
        ".ssh/",
        ".gnupg/",
        ".docker/config.json",
    )
)


def looks_secret(path: str) -> bool:
    """Whether a path, by its name alone, looks like a place of secrets."""
    return SECRET_FILES.match_file(path.lower())
