# One image for web, worker, scheduler and migrate. pip's own settings say where packages come from:
# docker build --secret id=pip,src=$HOME/.config/pip/pip.conf .
FROM python:3.11-slim

RUN apt-get update \
    && apt-get install --yes --no-install-recommends bubblewrap git nodejs npm \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --create-home dream \
    && install --directory --owner=dream --group=dream --mode=0700 /var/lib/dream

WORKDIR /opt/dream-machine
COPY requirements.txt ./
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    pip install --no-cache-dir --only-binary :all: --require-hashes --requirement requirements.txt
COPY manage.py LICENSE README.md ./
COPY dreamsite dreamsite
COPY specs specs
COPY builds builds
COPY templates templates
RUN python -m compileall -q builds dreamsite specs

ENV DREAM_NO_BOOTSTRAP=1 DREAM_VAR=/var/lib/dream PYTHONUNBUFFERED=1
USER 10001:10001
ENTRYPOINT ["python", "manage.py"]
CMD ["web", "--host", "0.0.0.0"]
