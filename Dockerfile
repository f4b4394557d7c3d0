# One image for every role. What follows the image's name is what follows `bun`:
#   docker run IMAGE embedded/main.ts | master/main.ts | worker/main.ts | cli/tessera.ts topics create
# docs/deployment.md says which volumes, networks and variables each of them needs.

# What the kernels and the page are built with are development dependencies; what they give is the same on every
# processor.
FROM --platform=$BUILDPLATFORM oven/bun:1.4.5-slim AS built
WORKDIR /app
COPY package.json bun.lock ./
COPY patches/ patches/
COPY shared/ shared/
COPY client/ client/
COPY page/ page/
RUN bun install --frozen-lockfile

FROM oven/bun:1.4.5-slim AS dependencies
WORKDIR /app
COPY package.json bun.lock ./
COPY patches/ patches/
# The base image has a Bun already: the one among the dependencies is for machines that have none.
RUN bun install --frozen-lockfile --production --ignore-scripts \
  && rm -rf node_modules/bun node_modules/@oven node_modules/.bin

FROM oven/bun:1.4.5-slim
WORKDIR /app
COPY --from=dependencies /app/node_modules/ node_modules/
COPY package.json tsconfig.json LICENSE ./
COPY shared/ shared/
COPY --from=built /app/shared/kernels/kernels.wasm shared/kernels/kernels.wasm
COPY --from=built /app/page/dist/ page/dist/
COPY worker/ worker/
COPY master/ master/
COPY embedded/ embedded/
COPY client/ client/
COPY cli/ cli/
COPY deploy/health.ts deploy/health.ts

# A new named volume takes the owner of the folder that it is put upon.
RUN install --directory --owner=1000 --group=1000 /var/lib/tessera

# UV_THREADPOOL_SIZE: threads for decoders and encoders, read only at a process' start (see embedded/main.ts).
ENV NODE_ENV=production \
  BUN_RUNTIME_TRANSPILER_CACHE_PATH=0 \
  UV_THREADPOOL_SIZE=16 \
  TESSERA_DIR=/var/lib/tessera \
  TESSERA_WORKER_HEALTH_PORT=8081

ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Tessera" \
  org.opencontainers.image.description="Processes images of any size in tiles, on every core of one machine or on many" \
  org.opencontainers.image.licenses="MIT" \
  org.opencontainers.image.version="$VERSION" \
  org.opencontainers.image.revision="$REVISION" \
  org.opencontainers.image.base.name="oven/bun:1.4.5-slim"

# By number, so that a cluster can see that it is not root.
USER 1000:1000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --start-interval=2s CMD ["bun", "deploy/health.ts"]
ENTRYPOINT ["bun"]
CMD ["embedded/main.ts"]
