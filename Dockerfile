# syntax=docker/dockerfile:1
# proxbox-api: one Node process, not root. It writes only to /data, so the root file system may be mounted read-only.

# node:24 is node:24-slim with a compiler, Python and headers: native modules are compiled here, and no compiler runs beside the service.
FROM node:24 AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build && rm dist/.tsbuildinfo

# SQLite is compiled with these headers, so that nothing is asked but the registries of npm and of images; what compiling needed goes.
FROM node:24 AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm_config_build_from_source=better-sqlite3 npm_config_nodedir=/usr/local npm ci --omit=dev \
  && rm -r node_modules/better-sqlite3/deps node_modules/better-sqlite3/src \
  && find node_modules/better-sqlite3/build -type f ! -name better_sqlite3.node -delete

FROM node:24-slim
WORKDIR /app
ENV NODE_ENV=production \
    PORT=8000 \
    PROXBOX_BIND_HOST=0.0.0.0 \
    PROXBOX_DATABASE_PATH=/data/database.db
# Uid and gid 1000 are the image's user "node".
RUN mkdir /data && chown 1000:1000 /data
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json LICENSE ./
COPY src/cli/start.sh ./src/cli/
COPY migrations ./migrations
USER 1000:1000
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
# Needs no curl. A service with a certificate answers plain HTTP with an error, and is asked again over TLS. With PROXBOX_BIND_HOST set to one address only, override it: it asks on 127.0.0.1.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
  CMD ["node", "-e", "process.env.NODE_TLS_REJECT_UNAUTHORIZED='0';const at=(s)=>fetch(s+'://127.0.0.1:'+(process.env.PORT||8000)+'/health').then((r)=>r.json());at('http').then((h)=>h.error?at('https'):h).then((h)=>process.exit(h.init_ok===true?0:1),()=>process.exit(1))"]
# src/cli/start.sh derives the heap limit from the container's limit of memory. It and the entrypoint of the base image execute what
# they start in place of themselves, so node is process 1 and gets the signals, and `docker run <image> sh` starts a shell
# instead of the server.
CMD ["./src/cli/start.sh"]
