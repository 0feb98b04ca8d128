# The steps are the scripts that `make` runs.
FROM python:3.13-slim AS build
WORKDIR /app
COPY requirements.txt pyproject.toml README.md ./
COPY scripts/setup.sh scripts/
COPY notifier notifier
RUN scripts/setup.sh runtime

FROM python:3.13-slim
RUN useradd --system --uid 10001 --no-create-home notifier \
    && install -d -o notifier /data
WORKDIR /app
COPY --from=build /app/.venv .venv
COPY pyproject.toml schedules.yaml ./
COPY scripts/healthcheck.py scripts/
COPY db db
COPY templates templates
COPY notifier notifier
# The database is not kept in /app/db: a volume there would hide the migrations of the next version. No VOLUME /data:
# each part of a cluster, which keeps nothing there, would leave one behind. compose.yaml names it where it is needed.
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    NOTIFIER_HOST=0.0.0.0 \
    NOTIFIER_DATABASE_URL=sqlite:////data/notifier.sqlite3
USER notifier
EXPOSE 8321
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["python", "scripts/healthcheck.py"]
CMD ["notifier", "run"]
