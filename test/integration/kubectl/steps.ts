/** One command of kubectl, and what it must print. */
export interface Step {
  /** Words without spaces inside; `'…'` holds one together. */
  readonly run: string;
  /** On standard output. */
  readonly prints?: RegExp;
  /** On standard error; it ends with 1 then. */
  readonly fails?: RegExp;
  /** @default 0, and 1 with `fails` */
  readonly code?: number;
  /** The minor version that has the command. @default 20 */
  readonly since?: number;
}

/** Steps that belong together. */
export interface Scenario {
  readonly name: string;
  /** Whether every kubectl of the machine must do it, or the one on PATH alone. */
  readonly isForAll: boolean;
  readonly steps: readonly Step[];
}

const APPLY: Scenario = {
  name: 'apply, diff, replace and server-side apply',
  isForAll: true,
  steps: [
    { run: 'apply -f web.yaml', prints: /deployment.apps\/web created[^]*networkpolicy.*created/ },
    { run: 'apply -f web.yaml', prints: /^(.* unchanged\n){4}$/ },
    { run: 'apply -f config-1.yaml', prints: /configmap\/settings created/ },
    {
      run: 'diff -f config-2.yaml',
      prints: /-  colour: red\n-  size: "1"\n\+  colour: blue/,
      code: 1,
    },
    { run: 'apply -f config-2.yaml --dry-run=server', prints: /configured \(server dry run\)/ },
    { run: "get cm settings -o jsonpath='{.data}'", prints: /"colour":"red"/ },
    { run: 'apply -f config-2.yaml', prints: /configmap\/settings configured/ },
    { run: "get cm settings -o jsonpath='{.data}'", prints: /^\{"colour":"blue"\}$/ },
    {
      run: 'apply --server-side --field-manager=other -f config-1.yaml',
      fails: /conflict with "kubectl-client-side-apply"[^]*\.data\.colour[^]*--force-conflicts/,
    },
    // What kubectl has applied on its own side it takes over.
    { run: 'apply --server-side -f config-1.yaml', prints: /serverside-applied/ },
    {
      run: 'apply --server-side --field-manager=other -f config-2.yaml',
      fails: /conflict with "kubectl"[^]*\.data\.colour/,
    },
    {
      run: 'apply --server-side --force-conflicts --field-manager=other -f config-1.yaml',
      prints: /serverside-applied/,
    },
    { run: 'apply --server-side -f config-1.yaml', prints: /serverside-applied/ },
    { run: "get cm settings -o jsonpath='{.data.colour}'", prints: /^red$/ },
    { run: 'replace -f config-2.yaml', prints: /configmap\/settings replaced/ },
    {
      run: 'create -f config-1.yaml',
      fails: /AlreadyExists.*configmaps "settings" already exists/,
    },
    { run: 'delete -f config-1.yaml', prints: /configmap "settings" deleted/ },
    { run: 'create -f unknown-field.yaml', fails: /unknown field "?(spec\.)?"?portz/ },
    { run: 'create -f unknown-field.yaml --validate=false', prints: /service\/misspelt created/ },
  ],
};

const WORKLOADS: Scenario = {
  name: 'scale, rollout, set and patch',
  isForAll: true,
  steps: [
    { run: 'rollout status deploy/web --timeout=60s', prints: /successfully rolled out/ },
    { run: 'get deploy web', prints: /^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nweb +2\/2 +2 +2 / },
    {
      run: 'get all',
      prints: /pod\/web-[^]*service\/web[^]*deployment.apps\/web[^]*replicaset.apps\/web-/,
    },
    {
      run: 'get pods -l app=web -o wide',
      prints: /NODE +NOMINATED NODE +READINESS GATES\nweb-.*Running.*node-/,
    },
    { run: 'get pods -l app=web -o name', prints: /^pod\/web-.*\npod\/web-.*\n$/ },
    {
      run: 'get pods -o custom-columns=P:.status.phase --sort-by=.metadata.name',
      prints: /^P\nRunning\nRunning\n$/,
    },
    { run: 'get pods --field-selector=status.phase=Pending -o name', prints: /^$/ },
    {
      run: 'get pods --field-selector=status.nope=a',
      fails: /field label not supported: status\.nope/,
    },
    { run: 'scale deploy/web --replicas=3', prints: /deployment.apps\/web scaled/ },
    {
      run: 'scale deploy/web --current-replicas=9 --replicas=1',
      fails: /Expected replicas to be 9, was 3/,
    },
    { run: 'set image deploy/web c=podlane/http', prints: /image updated/ },
    { run: 'rollout status deploy/web --timeout=60s', prints: /successfully rolled out/ },
    { run: 'rollout history deploy/web', prints: /REVISION +CHANGE-CAUSE\n1 +<none>\n2 +<none>/ },
    { run: 'rollout undo deploy/web', prints: /rolled back/ },
    { run: 'rollout restart deploy/web', prints: /restarted/ },
    { run: 'rollout pause deploy/web', prints: /paused/ },
    { run: 'rollout resume deploy/web', prints: /resumed/ },
    { run: 'rollout status deploy/web --timeout=60s', prints: /successfully rolled out/ },
    { run: 'wait --for=condition=Available deploy/web --timeout=30s', prints: /condition met/ },
    { run: 'wait --for=condition=Never deploy/web --timeout=1s', fails: /timed out waiting/ },
    { run: `patch deploy web --type=merge -p '{"spec":{"replicas":1}}'`, prints: /patched/ },
    {
      run: `patch deploy web --type=json -p '[{"op":"test","path":"/spec/replicas","value":1}]'`,
      prints: /patched/,
    },
    {
      run: `patch deploy web --type=json -p '[{"op":"remove","path":"/spec/none"}]'`,
      fails: /request is invalid/,
    },
    {
      run: `patch deploy web -p '{"spec":{"template":{"spec":{"containers":[{"name":"c","env":[{"name":"A","value":"1"}]}]}}}}'`,
      prints: /patched/,
    },
    {
      run: "get deploy web -o jsonpath='{.spec.template.spec.containers[*].image}'",
      prints: /^podlane\/echo$/,
    },
    { run: 'label deploy web tier=front', prints: /labeled/ },
    { run: 'label deploy web tier=back', fails: /already has a value \(front\)/ },
    { run: 'label deploy web tier-', prints: /(un)?labeled/ },
    { run: 'annotate deploy web note=a', prints: /annotated?/ },
    { run: 'expose deploy web --port=80 --name=web2', prints: /service\/web2 exposed/ },
    {
      run: 'describe deploy web',
      prints: /Replicas: +1 desired[^]*NewReplicaSet: +web-[^]*ScalingReplicaSet/,
    },
    {
      run: 'describe svc web',
      prints: /Type: +ClusterIP[^]*TargetPort: +8080\/TCP\nEndpoints: +10\./,
    },
    {
      run: 'describe pods -l app=web',
      prints: /Status: +Running[^]*Ready: +True[^]*Successfully assigned/,
    },
    { run: 'describe ingress web', prints: /web\.example\.org[^]*web:80 \(10\./ },
    { run: 'describe netpol web', prints: /PodSelector: +app=web[^]*To Port: 8080\/TCP/ },
    { run: 'describe node node-1', prints: /Name: +node-1[^]*Ready +True[^]*pods: +\d+/ },
  ],
};

const GENERATORS: Scenario = {
  name: 'create with generators, run, autoscale and events',
  isForAll: true,
  steps: [
    {
      run: 'create deployment d1 --image=podlane/echo --replicas=1',
      prints: /deployment.apps\/d1 created/,
    },
    { run: 'create service clusterip s1 --tcp=80:8080', prints: /service\/s1 created/ },
    { run: 'create configmap c1 --from-literal=a=b', prints: /configmap\/c1 created/ },
    { run: 'create secret generic secret1 --from-literal=a=b', prints: /secret\/secret1 created/ },
    {
      run: 'create ingress i1 --rule=foo.example.org/*=s1:80',
      prints: /ingress.networking.k8s.io\/i1 created/,
    },
    { run: 'create job j1 --image=podlane/echo -- true', prints: /job.batch\/j1 created/ },
    {
      since: 21,
      run: "create cronjob cj1 --image=podlane/echo '--schedule=*/5 * * * *' -- true",
      prints: /cronjob.batch\/cj1 created/,
    },
    { run: 'create role r1 --verb=get,list --resource=pods', prints: /r1 created/ },
    {
      run: 'create rolebinding rb1 --role=r1 --serviceaccount=default:default',
      prints: /rb1 created/,
    },
    { run: 'create serviceaccount sa1', prints: /serviceaccount\/sa1 created/ },
    { run: 'create quota q1 --hard=pods=50', prints: /resourcequota\/q1 created/ },
    { run: 'run p1 --image=podlane/echo', prints: /pod\/p1 created/ },
    { run: 'wait --for=condition=Ready pod/p1 --timeout=60s', prints: /condition met/ },
    { run: 'autoscale deploy d1 --min=1 --max=5 --cpu-percent=50', prints: /autoscaled/ },
    { run: 'get hpa d1', prints: /Deployment\/d1 .*<unknown>\/50% +1 +5/ },
    {
      run: 'get role,rolebinding,sa,quota,job,cj,ing,secret',
      prints: /rolebinding[^]*Role\/r1[^]*job.batch\/j1/,
    },
    {
      run: 'get events',
      prints: /LAST SEEN +TYPE +REASON +OBJECT +MESSAGE\n[^]*pod\/p1 +Successfully assigned/,
    },
    { run: 'top pods', fails: /Metrics API not available|metrics/i },
    { run: 'delete pod p1 --now', prints: /pod "p1" deleted/ },
    { run: 'delete deploy d1 --cascade=orphan', prints: /deployment.apps "d1" deleted/ },
    { run: 'get rs -l app=d1 -o name', prints: /^replicaset.apps\/d1-/ },
    { run: 'delete rs -l app=d1 --cascade=foreground', prints: /replicaset.apps "d1-.*" deleted/ },
    { run: 'get pods -l app=d1 -o name', prints: /^$/ },
    { run: 'delete svc s1 nosuch', fails: /services "nosuch" not found/ },
    { run: 'delete secret,job,cj,ing,hpa --all', prints: /secret1[^]*j1[^]*i1[^]*d1/ },
  ],
};

const CUSTOM: Scenario = {
  name: 'custom resources',
  isForAll: true,
  steps: [
    { run: 'apply --validate=false -f widgets.yaml', prints: /created/ },
    {
      run: 'wait --for=condition=Established crd/widgets.NAMESPACE.example.org --timeout=20s',
      prints: /condition met/,
    },
    { run: 'apply -f widget.yaml', prints: /widget.NAMESPACE.example.org\/w1 created/ },
    { run: 'apply -f widget.yaml', prints: /unchanged/ },
    { run: 'apply --server-side -f widget.yaml', prints: /serverside-applied/ },
    { run: 'get widgets.NAMESPACE.example.org', prints: /^NAME +SIZE\nw1 +3\n$/ },
    {
      run: 'get widgets.v1beta1.NAMESPACE.example.org w1 -o yaml',
      prints: /apiVersion: NAMESPACE.example.org\/v1beta1\n/,
    },
    {
      run: 'get widgets.NAMESPACE.example.org --field-selector=spec.color=blue -o name',
      prints: /^$/,
    },
    {
      run: `patch widgets.NAMESPACE.example.org w1 --type=merge -p '{"spec":{"size":0}}'`,
      fails: /should be greater than or equal to 1/,
    },
    { run: 'scale widgets.NAMESPACE.example.org w1 --replicas=4', prints: /scaled/ },
    { run: 'get all -o name', prints: /widget.NAMESPACE.example.org\/w1/ },
    { run: 'delete -f widgets.yaml', prints: /deleted/ },
    { run: 'get widgets.NAMESPACE.example.org', fails: /the server (could not find|doesn't have)/ },
    { run: 'apply --validate=false -f widgets.yaml', prints: /created/ },
    { run: 'get widgets.NAMESPACE.example.org -o name', prints: /^$/ },
    { run: 'delete -f widgets.yaml', prints: /deleted/ },
  ],
};

const ADMINISTRATION: Scenario = {
  name: 'nodes, kustomize, explain, auth and discovery',
  isForAll: false,
  steps: [
    { run: 'cordon node-1', prints: /cordoned/ },
    { run: 'get nodes', prints: /node-1 +Ready,SchedulingDisabled/ },
    {
      run: 'drain node-1 --ignore-daemonsets --force --delete-emptydir-data --timeout=60s',
      prints: /node\/node-1 (drained|evicted)/,
    },
    { run: 'uncordon node-1', prints: /uncordoned/ },
    { run: 'taint node node-2 k=v:PreferNoSchedule', prints: /tainted/ },
    { run: 'taint node node-2 k-', prints: /untainted/ },
    { run: 'apply -k kustom', prints: /configmap\/kustom-one created/ },
    { run: 'delete -k kustom', prints: /configmap "kustom-one" deleted/ },
    {
      run: 'create -f wrong-type.yaml',
      fails: /json: cannot unmarshal number into Go struct field ConfigMap.data of type string/,
    },
    {
      since: 27,
      run: 'explain deploy.spec.strategy',
      prints: /FIELD: strategy <DeploymentStrategy>[^]*rollingUpdate\t<RollingUpdateDeployment>/,
    },
    { run: 'auth can-i create pods', prints: /^yes/ },
    { since: 28, run: 'auth whoami', prints: /Username +kubernetes-admin[^]*system:masters/ },
    { run: 'api-resources --api-group=apps -o name', prints: /deployments.apps\n/ },
    { run: 'api-versions', prints: /networking.k8s.io\/v1\n[^]*\nv1\n/ },
    { run: 'cluster-info', prints: /control plane.*is running at/ },
    { since: 26, run: 'events --for deploy/web', prints: /ScalingReplicaSet +Deployment\/web/ },
    { since: 24, run: 'wait --for=delete cm/nosuch --timeout=5s' },
    {
      since: 23,
      run: "wait '--for=jsonpath={.status.readyReplicas}=1' deploy/web --timeout=60s",
      prints: /condition met/,
    },
    { run: 'get pod nosuch', fails: /Error from server \(NotFound\): pods "nosuch" not found/ },
    { run: 'get nosuch', fails: /the server doesn't have a resource type "nosuch"/ },
    { run: 'get --raw /readyz', prints: /^ok/ },
  ],
};

const PODS: Scenario = {
  name: 'files, sockets and claims of Pods',
  isForAll: false,
  steps: [
    { run: 'apply -f pods.yaml', prints: /pod\/waiting created/ },
    { run: 'wait --for=condition=Ready pod/pair pod/listener pod/unknown --timeout=60s' },
    { run: 'exec pair -c reader -- cat /data/x', prints: /^hello\n$/ },
    { run: 'logs pair -c reader', prints: /^hello\n$/ },
    { run: "exec pair -c reader -- sh -c 'echo back > /data/y'" },
    { run: 'exec pair -c writer -- tail -n 1 /data/y', prints: /^back\n$/ },
    { run: 'cp claim.yaml pair:/data/z -c reader' },
    { run: 'exec pair -c writer -- grep -c kind /data/z', prints: /^1\n$/ },
    {
      run: 'cp claim.yaml pair:/nope/z -c reader',
      fails: /tar: can't change directory to '\/nope': No such file or directory/,
    },
    {
      run: 'exec pair -c reader -- ffmpeg -i x',
      fails: /podlane does not run ffmpeg: .* --pod/,
      code: 126,
    },
    { run: 'expose pod listener --port=8080', prints: /service\/listener exposed/ },
    { run: 'exec pair -c reader -- wget -qO- http://listener:8080', prints: /^hi\n$/ },
    { run: "exec pair -c reader -- sh -c 'echo | nc listener 8080'", prints: /\nhi\n$/ },
    {
      run: 'run asks --image=curlimages/curl --restart=Never -- -s http://listener:8080',
      prints: /created/,
    },
    {
      since: 23,
      run: "wait '--for=jsonpath={.status.phase}=Succeeded' pod/asks --timeout=60s",
      prints: /condition met/,
    },
    { since: 23, run: 'logs asks', prints: /^hi\n$/ },
    { run: 'logs unknown', prints: /^podlane does not run node: .*echo answers on its ports/ },
    { run: "get pod waiting -o 'jsonpath={.status.phase}'", prints: /^Pending$/ },
    {
      run: 'describe pod waiting',
      prints: /FailedScheduling .*default-scheduler +0\/3 nodes .*"data" not found/,
    },
    { run: 'apply -f claim.yaml', prints: /created/ },
    { run: 'wait --for=condition=Ready pod/waiting --timeout=60s', prints: /condition met/ },
    { run: "get pvc data -o 'jsonpath={.status.phase}'", prints: /^Bound$/ },
    { run: 'delete -f pods.yaml -f claim.yaml --timeout=60s', prints: /"data" deleted/ },
    { run: 'delete pod/asks service/listener', prints: /"listener" deleted/ },
  ],
};

export const SCENARIOS: readonly Scenario[] = [
  APPLY,
  WORKLOADS,
  GENERATORS,
  CUSTOM,
  PODS,
  ADMINISTRATION,
];
