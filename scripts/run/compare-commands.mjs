// The commands that compare.mjs runs on each engine: shell text in which $E is the engine's command. All of it is without a network.
// `cmp` is busybox with ENV A=1 B=2, WORKDIR /w, a label, CMD; the others say what they have by their names (compare-images.mjs).
const run = (args) => `$E run --rm --network none ${args}`;

/** With a container that is started before, and removed at the end. */
const kept = (name, command, text, flags = '') =>
  `$E run -d --name ${name} --network none ${flags} cmp ${command} >/dev/null; ${text}; $E kill ${name} >/dev/null 2>&1; $E rm -f ${name}`;

/** Commands that differ on purpose, with the reason. They stand in COMMANDS too. */
export const ON_PURPOSE = new Map([
  [
    '$E create --name f4 --network none cmp true >/dev/null; $E export f4 | tar -t | grep -v ^bin/ | sort; $E rm f4',
    'what is exported has no files of the engine (.dockerenv, an empty etc/hosts), as with podman, and has the root itself',
  ],
  [
    kept(
      'k1',
      'sleep 100',
      '$E exec k1 no-such-program >/dev/null; echo $?; $E exec k1 /etc/passwd >/dev/null; echo $?',
    ),
    'exec of a program that is not there ends with 127, as run does and later dockers do; docker 20.10 says 126',
  ],
  [
    kept('k5', 'sleep 100', '$E exec k5; echo $?'),
    'exec without a command ends with 125, as all wrong words of it do; docker has 1 for their number alone',
  ],
  [
    run('cmp cat /proc/self/uid_map | tr -s " "'),
    'root of a container is a subordinate id of the user, for docker it is root of this machine',
  ],
]);

export const COMMANDS = [
  // Command, entrypoint, arguments.
  run('cmp'),
  run('cmp echo given'),
  run("cmp sh -c 'exit 7'"),
  run('cmp-entry'),
  run('cmp-entry other words'),
  run('--entrypoint /bin/echo cmp-entry'),
  run('--entrypoint /bin/echo cmp-entry own words'),
  run('--entrypoint "" cmp-entry echo none'),
  run('--entrypoint "" cmp-entry'),
  run('cmp-shell'),
  run('cmp no-such-program'),
  run('cmp /no/such/file'),
  run('cmp /etc/passwd'),
  run('cmp /w'),
  run('no-such-image-here:1 true'),
  run('--no-such-flag cmp true'),
  // Environment.
  run('cmp env | sort | grep -v HOSTNAME'),
  run("-e A=9 cmp sh -c 'echo $A$B'"),
  run("-e A cmp sh -c 'echo [$A]'"),
  run("-e C=x -e C=y cmp sh -c 'echo $C'"),
  'A=client; export A; ' + run("-e A cmp sh -c 'echo $A'"),
  "printf 'X=1\\n# no\\n\\nY=two words \\nA=file\\n' >env; " +
    run("--env-file env cmp sh -c 'echo [$X][$Y][$A]'"),
  "printf 'A=file\\n' >env; " + run("--env-file env -e A=flag cmp sh -c 'echo $A'"),
  "printf 'BAD KEY=1\\n' >env; " + run('--env-file env cmp true'),
  run('--env-file no-such-file cmp true'),
  run("-t cmp sh -c 'echo $TERM' | tr -d '\\r'"),
  // User, groups, directory.
  run('cmp id'),
  run('-u 12 cmp id'),
  run('-u 12:34 cmp id'),
  run('-u daemon cmp id'),
  run('-u nosuchuser cmp id'),
  run('-u 12 --group-add 50 --group-add 60 cmp id'),
  run('-u daemon --group-add 77 cmp id -G'),
  run('cmp-user id -un'),
  run('-u 0 cmp-user id -u'),
  run('cmp pwd'),
  run('-w /made/here cmp pwd'),
  run("-w /made/here cmp stat -c '%u:%g %a' /made/here"),
  run('-w relative cmp pwd'),
  run('-u 12 cmp sh -c \'echo "$HOME"\''),
  run('-u daemon cmp sh -c \'echo "$HOME"\''),
  // Files that each container has.
  run('--hostname box cmp hostname'),
  run('--hostname box cmp cat /etc/hostname'),
  run('--add-host db:10.1.2.3 cmp sh -c \'grep db /etc/hosts | tr "\\t" " "\''),
  run('--dns 10.9.8.7 cmp grep 10.9.8.7 /etc/resolv.conf'),
  run('cmp ls /dev'),
  run("cmp stat -c '%t %T %a' /dev/null"),
  run('cmp sh -c \'mount | grep " /dev/shm " | grep -o "size=[0-9]*k"\''),
  run('--shm-size 32m cmp sh -c \'mount | grep " /dev/shm " | grep -o "size=[0-9]*k"\''),
  run("cmp sh -c 'ls /sys/class/net'"),
  // Mounts.
  'mkdir -p d; echo host >d/f; ' + run('-v "$PWD/d:/m" cmp cat /m/f'),
  'mkdir -p d; ' + run('-v "$PWD/d:/m" cmp sh -c "echo new >/m/g"') + '; cat d/g',
  'mkdir -p d; ' + run('-v "$PWD/d:/m:ro" cmp sh -c "echo no >/m/h"'),
  'mkdir -p d; ' + run('--mount "type=bind,src=$PWD/d,dst=/m,readonly" cmp sh -c "touch /m/h"'),
  run('--mount "type=bind,src=/no/such/source,dst=/m" cmp true'),
  run('-v /:/:ro cmp true'),
  run('-v a:b:c:d cmp true'),
  run('-v "$PWD:/m:nosuchmode" cmp true'),
  run("--tmpfs /t cmp sh -c \"mount | grep ' /t ' | cut -d' ' -f1-5\""),
  run('--tmpfs /t:size=1m,mode=700 cmp stat -c %a /t'),
  run("--mount type=tmpfs,dst=/t,tmpfs-size=1m cmp sh -c \"df -k /t | tail -1 | tr -s ' ' | cut -d' ' -f2\""),
  run('-v named:/m cmp sh -c "echo kept >/m/f"') + '; ' + run('-v named:/n cmp cat /n/f'),
  run('-v filled:/w/data cmp-volume cat /w/data/f'),
  run('cmp-volume cat /w/data/f'),
  run('-v filled2:/w/data:nocopy cmp-volume ls /w/data'),
  '$E volume create v1 && $E volume inspect v1 --format "{{.Name}} {{.Driver}}" && $E volume rm v1',
  '$E volume rm no-such-volume',
  run('--read-only cmp touch /x'),
  run('--read-only --tmpfs /t cmp touch /t/x'),
  run('--read-only cmp sh -c "echo x >/dev/shm/y && cat /dev/shm/y"'),
  // Rights and limits.
  run('cmp grep CapEff /proc/self/status'),
  run('cmp grep CapBnd /proc/self/status'),
  run('--cap-drop ALL cmp grep CapEff /proc/self/status'),
  run('--cap-drop ALL --cap-add CHOWN cmp grep CapEff /proc/self/status'),
  run('--cap-add NO_SUCH cmp true'),
  run('-u 12 cmp grep CapEff /proc/self/status'),
  run('cmp grep NoNewPrivs /proc/self/status'),
  run('--security-opt no-new-privileges cmp grep NoNewPrivs /proc/self/status'),
  run('cmp grep "Seccomp:" /proc/self/status'),
  run('--security-opt seccomp=unconfined cmp grep "Seccomp:" /proc/self/status'),
  run('--ulimit nofile=123:456 cmp sh -c "ulimit -n; ulimit -Hn"'),
  run('--ulimit nonsense=1 cmp true'),
  run('--sysctl net.ipv4.ip_forward=1 cmp cat /proc/sys/net/ipv4/ip_forward'),
  run('cmp cat /proc/kcore'),
  // Streams and ends.
  'echo in | ' + run('-i cmp cat'),
  'echo in | ' + run('cmp cat'),
  run('cmp sh -c "echo out; echo err >&2" 2>/dev/null'),
  run('cmp sh -c "echo out; echo err >&2" 2>&1 >/dev/null'),
  run('cmp sh -c "kill -9 \\$\\$"'),
  run('--init cmp sh -c "kill -TERM \\$\\$"'),
  run('--init cmp sh -c "echo \\$PPID"'),
  'head -c 3000000 /dev/zero | ' + run('-i cmp wc -c'),
  run('cmp head -c 3000000 /dev/zero | wc -c'),
  // Containers that stay.
  '$E run -d --name c1 --network none cmp sleep 100 >/dev/null; $E exec c1 echo inside; $E exec -e Z=1 -w /tmp c1 sh -c "echo \\$Z; pwd"; $E exec c1 sh -c "exit 5"; echo $?; $E rm -f c1',
  '$E run -d --name c2 --network none cmp sh -c "echo one; sleep 0.3; echo two >&2; exit 3" >/dev/null; $E wait c2; $E logs c2 2>/dev/null; $E logs c2 2>&1 >/dev/null; $E logs --tail 1 c2 2>/dev/null; $E inspect -f "{{.State.ExitCode}} {{.State.Status}}" c2; $E rm c2',
  '$E create --name c3 --network none cmp echo made >/dev/null; $E inspect -f "{{.State.Status}}" c3; $E start -a c3; $E inspect -f "{{.State.Status}}" c3; $E rm c3',
  '$E run -d --name c4 --network none cmp sh -c "trap \'exit 9\' TERM; while :; do sleep 0.1; done" >/dev/null; sleep 1; $E stop c4; $E inspect -f "{{.State.ExitCode}}" c4; $E rm c4',
  '$E run -d --name c5 --network none cmp sleep 100 >/dev/null; $E run --name c5 --network none cmp true; echo $?; $E rename c5 c6; $E kill c6; $E wait c6; $E rm c6',
  '$E run --name c7 --network none cmp sh -c "echo data >/w/file; rm /etc/motd 2>/dev/null; mkdir /new" ; $E cp c7:/w/file - | tar -xO; echo up >up; $E cp up c7:/w/up; $E cp c7:/w/up back; cat back; $E diff c7 | sort; $E rm c7',
  '$E rm no-such-container; echo $?; $E logs no-such-container; echo $?; $E exec no-such-container true; echo $?',
  '$E run -d --name c8 --network none cmp sleep 100 >/dev/null; $E rm c8; echo $?; $E ps --filter name=c8 --format "{{.Names}} {{.Image}}"; $E rm -f c8; $E ps -a --filter name=c8 --format "{{.Names}}"',
  // What a running container is told, and what it tells.
  ...ON_PURPOSE.keys(),
  kept('k11', 'sleep 100', '$E exec k11 /etc/passwd >/dev/null; echo $?; $E exec k11 /w >/dev/null; echo $?'),
  kept(
    'k2',
    'sleep 100',
    '$E exec -u daemon k2 id -un; $E exec -u nosuchuser k2 true >/dev/null; echo $?; echo in | $E exec -i k2 cat',
  ),
  kept(
    'k3',
    'sleep 100',
    '$E kill k3; $E wait k3; $E exec k3 true; echo $?; $E kill k3; echo $?; $E stop k3; echo $?',
  ),
  kept(
    'k4',
    'sleep 100',
    '$E start k4; $E restart -t 0 k4; $E inspect -f "{{.State.Status}} {{.RestartCount}}" k4',
  ),
  kept('k12', 'sleep 100', '$E exec --no-such-flag k12 true; echo $?'),
  kept('k6', 'sleep 100', run('--network container:k6 cmp ls /sys/class/net').replace('--network none ', '')),
  kept(
    'k7',
    'sh -c "exit 4"',
    'sleep 4; $E inspect -f "{{.RestartCount}} {{.State.ExitCode}} {{.State.Status}}" k7',
    '--restart on-failure:2',
  ),
  kept('k8', 'sleep 100', '$E exec -d k8 touch /w/made; sleep 1; $E exec k8 ls /w'),
  kept(
    'k9',
    'sleep 100',
    '$E stop -t 0 k9; $E start k9; $E inspect -f "{{.State.Running}} {{.State.ExitCode}}" k9',
  ),
  kept(
    'k10',
    'sh -c "seq 5"',
    '$E wait k10; $E logs --tail 2 k10; $E logs --tail 0 k10; $E logs --tail all k10 | wc -l',
  ),
  // What is told of them.
  kept(
    'i1',
    'sleep 100',
    '$E inspect -f "{{.Config.User}}|{{.Config.WorkingDir}}|{{json .Config.Cmd}}|{{json .Config.Env}}" i1',
  ),
  kept(
    'i2',
    'sleep 100',
    '$E inspect -f "{{.HostConfig.NetworkMode}} {{.HostConfig.AutoRemove}} {{json .HostConfig.RestartPolicy}}" i2',
  ),
  kept(
    'i3',
    'sleep 100',
    '$E inspect -f "{{json .Config.Labels}} {{.Name}} {{.Path}} {{json .Args}}" i3',
    '--label own=1',
  ),
  kept(
    'i4',
    'sleep 100',
    '$E ps --filter name=i4 --format "{{.Names}}|{{.Command}}|{{.Image}}|{{.Ports}}|{{.State}}"',
  ),
  kept(
    'i5',
    'sleep 100',
    '$E port i5; echo $?; $E inspect -f "{{.Config.StopSignal}}" i5',
    '--stop-signal SIGINT',
  ),
  'rm -f id; $E create --cidfile id --network none cmp true >/dev/null; wc -c <id; $E rm "$(cat id)" | wc -c',
  // Files.
  '$E create --name f1 --network none cmp true >/dev/null; $E diff f1; $E rm f1',
  '$E create --name f2 --network none cmp true >/dev/null; mkdir -p d/e; echo x >d/e/f; $E cp d f2:/w/; $E cp f2:/w/d out; find out | sort; $E rm f2',
  '$E create --name f3 --network none cmp true >/dev/null; $E cp f3:/no/such .; echo $?; $E cp /no/such f3:/; echo $?; $E rm f3',
  '$E run --name f5 --network none cmp sh -c "echo new >/w/new"; $E commit -c "CMD cat /w/new" f5 cmp-new >/dev/null; $E rm f5; ' +
    run('cmp-new'),
  '$E create --name f6 --network none -v /data cmp true >/dev/null; $E run --rm --network none --volumes-from f6 cmp sh -c "echo x >/data/x"; ' +
    run('--volumes-from f6 cmp cat /data/x') +
    '; $E rm -v f6',
  '$E volume create u1; $E create --name f7 --network none -v u1:/u cmp true >/dev/null; $E volume rm u1; echo $?; $E rm f7; $E volume rm u1',
  '$E rm -f no-such-container; echo $?; $E volume rm -f no-such-volume; echo $?',
  '$E network create n1 --internal >/dev/null; $E network inspect -f "{{.Name}} {{.Driver}} {{.Internal}}" n1; $E network rm n1; $E network rm n1; echo $?',
];
