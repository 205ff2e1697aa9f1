# SPDX-License-Identifier: Apache-2.0
FROM debian:12 AS build
WORKDIR /src
COPY scripts/dependencies scripts/dependencies
RUN scripts/dependencies build
COPY . .
RUN scripts/build

FROM debian:12-slim
RUN apt-get update && apt-get install -y --no-install-recommends libxml2 libssl3 libsqlite3-0 zlib1g libseccomp2 libspdlog1.10 libfmt9 \
      libprometheus-cpp-core1.0 && rm -rf /var/lib/apt/lists/* && useradd --system --home-dir /var/lib/liaison --create-home liaison
COPY --from=build /src/build/release/bin/liaison /src/build/release/bin/liaison-host /usr/bin/
COPY --from=build /src/build/release/lib/liaison /usr/lib/liaison
COPY configs /usr/share/liaison/configs
COPY schemas /usr/share/liaison/schemas
USER liaison
WORKDIR /var/lib/liaison
ENTRYPOINT ["/usr/bin/liaison"]
