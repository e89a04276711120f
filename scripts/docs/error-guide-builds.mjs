// Cause and mend of the codes of builds, images and the store, for docs/errors.md.

/** [cause, mend] */
export const BUILD_GUIDE = {
  STEP_EXIT_NONZERO: [
    'The command of a `RUN` ended with a status other than 0.',
    'Read the last lines of its output above the error. The steps before it are cached: a corrected Dockerfile goes on from there.',
  ],
  STEP_NOT_FOUND: [
    'The program of a `RUN` is not in the image, is no program, names an interpreter that is missing, or is for another architecture.',
    'Install it in an earlier step, correct its path, or look at its first line (`#!`). A script written on Windows may end its lines with CR.',
  ],
  STEP_KILLED: [
    'A signal ended the command of a `RUN`. SIGKILL mostly means that memory ran out.',
    'Give the build more memory, or let the command use less: fewer jobs at a time, `NODE_OPTIONS=--max-old-space-size`.',
  ],
  STEP_USER_NOT_FOUND: [
    '`USER` or `--chown` names a user or group that `/etc/passwd` or `/etc/group` of the image does not have.',
    'Create it in an earlier `RUN` (`adduser`, `useradd`), or write numbers.',
  ],
  STEP_SECRET_MISSING: [
    'A `RUN` requires a secret or an SSH agent that was not given.',
    'Pass `--secret id=NAME,src=FILE`, `--secret id=NAME,env=VARIABLE` or `--ssh default`.',
  ],
  OPTION_UNKNOWN: [
    'There is no such option or command.',
    'Take the one that is suggested, or look at `tsbuild COMMAND --help`.',
  ],
  OPTION_INVALID: [
    'An option or an argument has a value that it cannot have.',
    'The message says what is expected there.',
  ],
  OPTION_CONFLICT: ['Two options exclude each other.', 'Leave one of them out.'],
  OPTION_UNSUPPORTED: ['docker knows this, and tsbuild does not.', 'The hint says what to use in its place.'],
  BAKE_NOT_FOUND: [
    'No file of this directory defines targets, or a file that `--file` names is not there.',
    'Write `docker-bake.hcl`, or `"tsbuild"` in `package.json` (docs/bake.md), or name a file with `--file`.',
  ],
  BAKE_INVALID: [
    'A file of targets does not follow its format, or a value in it does not fit.',
    'The message shows the line. docs/bake.md has the format.',
  ],
  TARGET_NOT_FOUND: [
    'No target and no group has this name.',
    '`tsbuild bake --list targets` shows the names.',
  ],
  DOCKERFILE_NOT_FOUND: [
    'There is no Dockerfile in the context, or none of the name that `--file` gives.',
    'Name it with `--file`. Its path is relative to the current directory.',
  ],
  DOCKERFILE_EMPTY: [
    'The Dockerfile has no instruction, or none that makes a stage.',
    'Begin it with `FROM`.',
  ],
  DOCKERFILE_SYNTAX: [
    'An instruction is written in a way that it cannot be.',
    'Correct the line that is shown.',
  ],
  DOCKERFILE_UNKNOWN_INSTRUCTION: [
    'A line begins with a word that is no instruction.',
    'Correct the word, or end the line before it with `\\`.',
  ],
  DOCKERFILE_UNKNOWN_FLAG: [
    'An instruction has a flag that it does not know.',
    'Take the flag that is suggested.',
  ],
  DOCKERFILE_EXPANSION: [
    'A variable cannot be replaced by its value: the braces do not close, `${X:?…}` has no value, or a pattern is wrong.',
    'Correct the expression, or give the variable a value with `ARG` or `ENV`.',
  ],
  DOCKERFILE_UNSUPPORTED: [
    'The Dockerfile asks for what tsbuild does not do.',
    'The hint says what to do in its place.',
  ],
  DOCKERFILE_LINT: [
    'Build checks found something, and `# check=error=true` makes that an error.',
    'Correct the lines, or skip a rule with `# check=skip=RULE`.',
  ],
  STAGE_NOT_FOUND: [
    '`--target`, `FROM` or `--from` names a stage that is not there.',
    'Take the name that is suggested; stages are named by `FROM … AS name`.',
  ],
  GRAPH_CYCLE: ['Stages need each other in a circle.', 'Let one of them start from another base.'],
  NOT_ALLOWED: [
    'A step asks for the network of the host or for more privilege.',
    'Allow it with `--allow network.host` or `--allow security.insecure`.',
  ],
  CONTEXT_NOT_FOUND: [
    'The build context, or a named context, is not there.',
    'Correct the path. It is relative to the current directory.',
  ],
  CONTEXT_UNREADABLE: [
    'A file or directory cannot be read by this user.',
    'Change its mode or owner, or leave it out with `.dockerignore`.',
  ],
  CONTEXT_CHANGED: [
    'Files of the context were written while the build read them.',
    'Build again when the files rest. Leave out what other programs write, with `.dockerignore`.',
  ],
  IGNORE_SYNTAX: ['A line of `.dockerignore` is no pattern.', 'Correct the line that is shown.'],
  COPY_NOT_FOUND: [
    'The source of a `COPY`, `ADD` or bind mount is not there.',
    'Correct the path: it is relative to the context, not to the Dockerfile. A rule of `.dockerignore` that leaves the file out is shown.',
  ],
  COPY_CONFLICT: [
    'A file is to be copied to where a directory is, or the reverse.',
    'End the destination with `/` to copy into a directory, or choose another one.',
  ],
  COPY_OWNER: [
    '`--chown` names a user or group that the image does not have.',
    'Create it in an earlier `RUN`, or write numbers.',
  ],
  ADD_REMOTE: [
    'A URL of `ADD` cannot be fetched.',
    'Try the URL with `curl`. Behind a proxy, set `HTTPS_PROXY`.',
  ],
  ADD_GIT: [
    'A git repository, branch, tag, commit or directory in it cannot be had.',
    'Try `git ls-remote URL`. A private repository needs `--ssh` or a secret `GIT_AUTH_TOKEN`.',
  ],
  ADD_CHECKSUM: [
    'What was fetched has another checksum than `--checksum` says.',
    'If the change is wanted, write the new checksum. If not, somebody replaced the file.',
  ],
  SANDBOX_NO_UNSHARE: [
    '`unshare` of util-linux is missing or too old.',
    '`apt-get install util-linux`, `apk add util-linux`.',
  ],
  SANDBOX_NO_USERNS: [
    'This machine does not allow user namespaces to this user.',
    '`tsbuild doctor` names the setting and the command that changes it.',
  ],
  SANDBOX_NO_SUBUID: [
    'The user has no subordinate ids, or too few for the image.',
    '`usermod --add-subuids 100000-165535 --add-subgids 100000-165535 USER`.',
  ],
  SANDBOX_NO_KOFFI: [
    'The package of koffi for this machine, which tsbuild-oci names as optional, is not installed.',
    'Install again without `--omit=optional`. A build without `RUN` does not need it.',
  ],
  SANDBOX_NO_OVERLAY: [
    'The file system of a step cannot be stacked in the way that was asked for.',
    'Leave `TSBUILD_ROOTFS` out: another way is chosen.',
  ],
  SANDBOX_NO_NETWORK: [
    'A `RUN` wants a network, and no tool is here that connects one.',
    '`apt-get install passt` (or slirp4netns), or `--network host`.',
  ],
  SANDBOX_NO_CGROUP: [
    '`--resource` needs a delegated control group of version 2.',
    'Start tsbuild by `systemd-run --user --scope -p Delegate=yes`.',
  ],
  SANDBOX_NO_RUNTIME: [
    '`--runtime` names a program that is not there or does not work.',
    'Install it, or leave the option out.',
  ],
  SANDBOX_NONE: ['A command must be executed, and `--isolation none` forbids it.', 'Leave the option out.'],
  SANDBOX_NO_EMULATOR: [
    'A `RUN` is for another architecture, and nothing here can execute its programs.',
    '`apt-get install qemu-user-static`. The file alone is enough.',
  ],
  SANDBOX_UNSUPPORTED: [
    'The isolation that this machine allows cannot do what the step asks for.',
    '`tsbuild doctor` says how to get a stronger one.',
  ],
  SANDBOX_FAILED: [
    'The sandbox of a step could not be made.',
    '`tsbuild doctor` tries each part and says which one fails.',
  ],
  HOST_LIMIT: [
    'A limit of this machine was reached: open files, processes, memory.',
    'Raise it, for instance `ulimit -n 65536`.',
  ],
  ENGINE_UNREACHABLE: [
    'No docker, podman or nerdctl answers.',
    'Start one, set `DOCKER_HOST`, or write an archive: `--output type=docker,dest=image.tar`.',
  ],
  ENGINE_FAILED: [
    'The container engine did not take the image.',
    'See the log of the engine; its disk may be full.',
  ],
  REGISTRY_REFERENCE: [
    'A name of an image is not written as one, or is blocked by `registries.conf`.',
    'Write `host/path/name:tag`, in lower case.',
  ],
  REGISTRY_UNREACHABLE: [
    'The registry does not answer: no such host, no network, a proxy, or a certificate that nobody vouches for.',
    'Try `curl https://HOST/v2/`. For a private authority use `--ca-cert`; for a proxy set `HTTPS_PROXY`.',
  ],
  REGISTRY_UNAUTHORIZED: [
    'The registry wants credentials, or refuses those that it got.',
    '`tsbuild login HOST`. The message says where the credentials came from.',
  ],
  REGISTRY_NOT_FOUND: [
    'There is no such image, tag or repository, or it is private and no credentials were given.',
    'Correct the name, or log in.',
  ],
  REGISTRY_PLATFORM: [
    'The image is not there for this platform.',
    'Choose one of the platforms that are listed with `--platform`.',
  ],
  REGISTRY_DIGEST_MISMATCH: [
    'What the registry sent is not what its digest says.',
    'Try again. If it stays so, a proxy or mirror between is broken.',
  ],
  REGISTRY_PROTOCOL: [
    'The registry answered something that the specification does not know.',
    'Look whether the address is that of a registry. If it is, report it with the message.',
  ],
  REGISTRY_REFUSED: [
    'The registry does not take what is pushed: the tag may not be changed, the quota is full, or the layer is too large.',
    'Choose another tag, make room, or see the words of the registry in the message.',
  ],
  CREDENTIALS_INVALID: [
    'A file of credentials cannot be read, or a credential helper fails.',
    'Correct the file that is named, or install the helper.',
  ],
  CACHE_INVALID: [
    'What lies at the place of a remote cache is damaged, or of another version.',
    'The build goes on without it. The next `--cache-to` replaces it.',
  ],
  CACHE_UNAVAILABLE: [
    'The place of a remote cache does not answer.',
    'The build goes on without it. Check address and credentials.',
  ],
  SIGNING_FAILED: [
    'What was to be signed was not: the key cannot be read, or the service does not answer.',
    'Check the path of the key, or the network.',
  ],
  STORE_CORRUPT: [
    'A file in the store is damaged. It was deleted.',
    'Run the build again: it is fetched or made anew. If it happens often, check the disk.',
  ],
  STORE_UNWRITABLE: [
    'The store cannot be written by this user.',
    'Set `TSBUILD_ROOT` to a directory of yours.',
  ],
  STORE_FULL: ['The disk is full.', '`tsbuild prune`, or `TSBUILD_ROOT` on a larger disk.'],
  STORE_LOCKED: [
    'Another build holds what is needed, for longer than can be waited for.',
    'Wait for it, or use another `TSBUILD_ROOT`.',
  ],
  STORE_IN_USE: ['The whole store is to be removed, and a build uses it.', 'Wait for the build.'],
  STORE_NO_LOCKS: [
    'Nothing can be deleted safely, since the package koffi is missing.',
    'Install again without `--omit=optional`.',
  ],
  LAYER_UNSAFE: [
    'A layer or archive holds what would reach outside of the image.',
    'Do not use it: it is broken or hostile.',
  ],
  LAYER_INVALID: ['A layer or archive is no tar, or is cut.', 'Make or download it again.'],
  LAYER_LIMIT: [
    'A layer or archive is larger than what is accepted.',
    'If it is meant to be, raise the limit that the message names.',
  ],
  IMAGE_INVALID: ['The documents of an image contradict each other.', 'Build or pull the image again.'],
  IMAGE_NOT_FOUND: [
    'The store has no image of that name or id.',
    '`tsbuild images` lists them; `tsbuild pull` fetches one.',
  ],
  IMAGE_IN_USE: [
    'A container needs the image whose last name is to be taken away.',
    'Remove the container first with `tsbuild rm`, or take the name away with `tsbuild rmi --force`.',
  ],
  ARCHIVE_INVALID: [
    'A file is no archive of images, or is cut.',
    'Save it again; `skopeo inspect docker-archive:FILE` is a second opinion.',
  ],
  OUTPUT_FAILED: ['An output cannot be written.', 'Check the path, the rights and the disk.'],
  SECRET_LEAKED: [
    'The value of a secret is in a layer, in the configuration or in what is pushed.',
    'Use the secret without writing it to a file that stays; mount it with `RUN --mount=type=secret`.',
  ],
  INTERNAL: ['This is a fault of tsbuild.', 'Report it with the output of `--debug`.'],
  ABORTED: [
    'The build was ended by a signal, or by the program that called it.',
    'Run it again: what was finished is cached.',
  ],
};
