# One image for every process; the command decides which (see docker-compose.yml).
FROM node:24-bookworm-slim
WORKDIR /app
ENV CI=true
COPY . .
RUN node scripts/bootstrap.mjs build && chown -R node:node /app
ENV NODE_ENV=production
USER node
CMD ["node", "--disallow-code-generation-from-strings", "--enable-source-maps", "apps/api/dist/main.js"]
