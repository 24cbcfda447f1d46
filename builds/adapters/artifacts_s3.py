"""Artifacts in a bucket of S3, or of anything that speaks its language: R2, MinIO, Ceph."""

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError
from botocore.response import StreamingBody
from django.core.files.base import ContentFile
from s3transfer.exceptions import RetriesExceededError
from storages.backends.s3 import S3Storage

from builds.adapters.artifacts_blobs import PIECE, Blobs
from builds.ports import Refused, Unavailable
from dreamsite.stores import Bucket

TRY_AGAIN = {408, 429}
NEEDED = "The key needs s3:GetObject, s3:PutObject, s3:ListBucket, and s3:DeleteObject for cleanup."
# R2 and older MinIO do not know the checksums that boto3 adds by itself; ours is the name of the blob.
CHECKSUMS = {"request_checksum_calculation": "when_required", "response_checksum_validation": "when_required"}


class S3Artifacts(Blobs):
    """Blobs below a prefix of a bucket. A call takes about two minutes at most, its own retries included."""

    def __init__(self, bucket: Bucket) -> None:
        self.place, self.prefix = bucket.address, bucket.prefix
        self.storage = S3Storage(
            bucket_name=bucket.name,
            location=bucket.prefix,
            endpoint_url=bucket.endpoint or None,
            region_name=bucket.region or None,
            access_key=bucket.key_id or None,
            secret_key=bucket.secret or None,
            security_token=bucket.token or None,
            file_overwrite=True,
            default_acl=None,
            # Threads of a transfer would outlive a call that is interrupted, and blobs are small.
            transfer_config=TransferConfig(use_threads=False, multipart_threshold=64 << 20),
            client_config=Config(
                connect_timeout=5,
                read_timeout=30,
                retries={"mode": "standard", "total_max_attempts": 3},
                s3={"addressing_style": "path" if bucket.endpoint else "auto"},
                **CHECKSUMS,
            ),
        )

    def read(self, name: str) -> bytes | None:
        """The object of that name."""
        try:
            with self.told("read"), self.storage.open(name) as file:
                return bytes(file.read())
        except FileNotFoundError:
            return None

    def pieces(self, name: str, span: tuple[int, int] | None) -> Generator[bytes] | None:
        """The object of that name, over a connection that is open until its pieces are read or closed."""
        asked = {"Range": f"bytes={span[0]}-{span[1] - 1}"} if span else {}
        key = f"{self.prefix}/{name}" if self.prefix else name
        try:
            with self.told("read"):
                body = self.storage.bucket.Object(key).get(**asked)["Body"]
        except FileNotFoundError:
            return None
        return self.read_pieces(body)

    def read_pieces(self, body: StreamingBody) -> Generator[bytes]:
        """What is left of an answer, which is closed at the end."""
        with closing(body), self.told("read"):
            while piece := body.read(PIECE):
                yield piece

    def delete(self, name: str) -> None:
        """S3 says nothing of an object that was not there."""
        with self.told("written"):
            self.storage.delete(name)

    def write(self, name: str, data: bytes) -> None:
        """An object is there whole or not at all: that is S3's own promise."""
        with self.told("written"):
            self.storage.save(name, ContentFile(data))

    @contextmanager
    def told(self, what: str) -> Iterator[None]:
        """Turn whatever the client raises into our two words."""
        cannot = f"The artifact store {self.place} cannot be {what}"
        try:
            yield
        except ClientError as error:
            raise word_for(error, cannot) from error
        except (NoCredentialsError, PartialCredentialsError) as error:
            why = "no key; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give this machine a role"
            raise Refused("artifact_store_refused", f"{cannot}: {why}.") from error
        except (BotoCoreError, Boto3Error, RetriesExceededError) as error:
            raise Unavailable(f"{cannot}: {error}") from error


def word_for(error: ClientError, cannot: str) -> Exception:
    """What an answer of the bucket means: gone, try again, or no."""
    answer = error.response
    status = int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 500))
    code = str(answer.get("Error", {}).get("Code", status))
    said = str(answer.get("Error", {}).get("Message", "")).rstrip(".")
    if code == "NoSuchKey":
        return FileNotFoundError(code)
    if status in TRY_AGAIN or status >= 500:
        return Unavailable(f"{cannot}: {code} {said}")
    mend = NEEDED if status in {401, 403} else "Check DREAM_ARTIFACTS, AWS_REGION and AWS_ENDPOINT_URL."
    return Refused("artifact_store_refused", f"{cannot}: {code} {said}. {mend}")
