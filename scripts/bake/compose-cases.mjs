// Compose files that both are given.
const compose = (text, more = {}) => ({
  files: { 'compose.yaml': text, Dockerfile: 'FROM scratch\n' },
  args: [],
  env: {},
  ...more,
});

export const COMPOSE = `services:
  web:
    build:
      context: ./web
      dockerfile: web.Dockerfile
      args:
        A: "1"
        B: 2
        C:
      target: prod
      labels: { a: b }
      cache_from: ["type=registry,ref=a"]
      cache_to: [type=inline]
      shm_size: 64m
      ulimits: { nofile: { soft: 5, hard: 6 } }
      additional_contexts: { c: ./c }
      secrets: [token]
      tags: ["t:1", "t:2"]
    image: web:1
  api:
    build: ./api
    image: api:\${TAG:-dev}
  db:
    image: postgres
secrets:
  token: { file: ./token }
`;

export const COMPOSE_CASES = {
  compose: compose(COMPOSE),
  'compose, what 0.13 leaves out': compose(
    'services:\n  a:\n    build:\n      context: .\n      platforms: [linux/amd64]\n      no_cache: true\n      pull: true\n      network: host\n      extra_hosts: ["a:1.2.3.4"]\n      ssh: [default]\n      ulimits: { nofile: 7 }\n',
  ),
  'compose, variables': compose(
    'services:\n  a:\n    build:\n      context: .\n      args: ["A=${A:-x}", "B=${B:?no b}", "C"]\n    image: a:${TAG-dev}\n',
    { env: { B: 'b', C: 'c' } },
  ),
  'compose, a variable that must be': compose('services:\n  a:\n    build: .\n    image: a:${B:?no b}\n'),
  'compose, x-bake': compose(
    'services:\n  a:\n    build:\n      context: .\n      x-bake:\n        tags: ["x:1"]\n        platforms: [linux/amd64, linux/arm64]\n        cache-from: [user/cache]\n        cache-to: type=local,dest=d\n        output: type=docker\n        secret: ["id=a,src=b"]\n        pull: true\n        no-cache: true\n        contexts: { c: "docker-image://alpine" }\n',
  ),
  'compose, a name with dots': compose('services:\n  a.b:\n    build: .\n'),
  'compose, anchors': compose(
    'x-build: &b\n  context: .\n  args: { A: "1" }\nservices:\n  a:\n    build:\n      <<: *b\n      target: t\n',
  ),
  'compose, extends': compose(
    'services:\n  a:\n    build: { context: ., args: { A: "1" } }\n  b:\n    extends: a\n    build: { args: { B: "2" } }\n',
  ),
  'compose, profiles': compose('services:\n  a:\n    profiles: [x]\n    build: .\n  b:\n    build: .\n'),
  'compose, text of a Dockerfile': compose(
    'services:\n  a:\n    build:\n      dockerfile_inline: |\n        FROM scratch\n',
  ),
  'compose, .env': {
    files: {
      'compose.yaml': 'services:\n  a:\n    build: .\n    image: a:${TAG}\n',
      '.env': 'TAG=ofenv\n',
      Dockerfile: '',
    },
    args: [],
    env: {},
  },
};
