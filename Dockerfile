# The mock Ada in a container:
#   docker build -t adakit .
#   docker run --rm -p 127.0.0.1:8787:8787 -e ADA_API_KEY=dev -v adakit:/data adakit
FROM python:3.13-slim AS build
WORKDIR /source
COPY . .
RUN python -m venv /opt/adakit && /opt/adakit/bin/pip install --no-cache-dir '.[mock,postgres]'

FROM python:3.13-slim
COPY --from=build /opt/adakit /opt/adakit
RUN useradd --system --create-home --home-dir /data adakit
USER adakit
WORKDIR /data
VOLUME /data
EXPOSE 8787
HEALTHCHECK --interval=10s --timeout=3s CMD ["/opt/adakit/bin/python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8787/_mock/health', timeout=2)"]
ENTRYPOINT ["/opt/adakit/bin/adakit"]
# Within the container it has to listen on all interfaces; -p above publishes it on loopback alone.
CMD ["serve", "--host", "0.0.0.0", "--port", "8787", "--db", "sqlite:////data/mock.db"]
