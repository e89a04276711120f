// Images with the behaviour of those that `tsbuild init` names, made of others.
export const STAND_INS = {
  'nginxinc/nginx-unprivileged:stable-alpine': `FROM busybox
RUN mkdir -p /usr/share/nginx/html
USER 101
EXPOSE 8080
CMD ["httpd", "-f", "-p", "8080", "-h", "/usr/share/nginx/html"]
`,
  'oven/bun:1-slim': `ARG NODE_VERSION=22
FROM node:\${NODE_VERSION}-slim
RUN npm install --global bun@1 && useradd --uid 1001 --create-home bun
CMD ["bun"]
`,
};
