/** What the commands of `steps.ts` apply, by file name. */
export const MANIFESTS: Readonly<Record<string, string>> = {
  'web.yaml': `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, labels: { app: web } }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - { name: c, image: podlane/echo, ports: [{ containerPort: 8080 }] }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80, targetPort: 8080, protocol: TCP }] }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web }
spec:
  rules:
    - host: web.example.org
      http:
        paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: web }
spec:
  podSelector: { matchLabels: { app: web } }
  ingress: [{ from: [{ podSelector: {} }], ports: [{ port: 8080, protocol: TCP }] }]
`,
  'config-1.yaml': `
apiVersion: v1
kind: ConfigMap
metadata: { name: settings }
data: { colour: red, size: "1" }
`,
  'config-2.yaml': `
apiVersion: v1
kind: ConfigMap
metadata: { name: settings }
data: { colour: blue }
`,
  'unknown-field.yaml': `
apiVersion: v1
kind: Service
metadata: { name: misspelt }
spec: { selector: { app: web }, portz: [], ports: [{ port: 80 }] }
`,
  'wrong-type.yaml': `
apiVersion: v1
kind: ConfigMap
metadata: { name: wrong }
data: { a: 1 }
`,
  'widgets.yaml': `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: widgets.NAMESPACE.example.org }
spec:
  group: NAMESPACE.example.org
  scope: Namespaced
  names: { plural: widgets, kind: Widget, shortNames: [wd], categories: [all] }
  versions:
    - name: v1
      served: true
      storage: true
      subresources:
        status: {}
        scale: { specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas }
      additionalPrinterColumns: [{ name: Size, type: integer, jsonPath: .spec.size }]
      selectableFields: [{ jsonPath: .spec.color }]
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              description: What it is to be.
              properties:
                size: { type: integer, minimum: 1, default: 3 }
                color: { type: string }
                replicas: { type: integer }
                parts:
                  type: array
                  x-kubernetes-list-type: map
                  x-kubernetes-list-map-keys: [name]
                  items:
                    type: object
                    required: [name]
                    properties: { name: { type: string }, count: { type: integer } }
            status: { type: object, properties: { replicas: { type: integer } } }
    - name: v1beta1
      served: true
      storage: false
      schema: { openAPIV3Schema: { type: object, x-kubernetes-preserve-unknown-fields: true } }
`,
  'widget.yaml': `
apiVersion: NAMESPACE.example.org/v1
kind: Widget
metadata: { name: w1 }
spec: { color: red, parts: [{ name: a, count: 1 }] }
`,
  'pods.yaml': `
apiVersion: v1
kind: Pod
metadata: { name: pair }
spec:
  terminationGracePeriodSeconds: 0
  volumes: [{ name: shared, emptyDir: {} }]
  containers:
    - name: writer
      image: busybox
      command: [sh, -c, 'echo hello > /data/x; sleep infinity']
      volumeMounts: [{ name: shared, mountPath: /data }]
    - name: reader
      image: busybox
      command: [tail, -f, /data/x]
      volumeMounts: [{ name: shared, mountPath: /data }]
---
apiVersion: v1
kind: Pod
metadata: { name: listener, labels: { app: listener } }
spec:
  terminationGracePeriodSeconds: 0
  containers:
    - name: nc
      image: busybox
      command: [sh, -c, 'while true; do printf "HTTP/1.0 200 OK\\r\\n\\r\\nhi\\n" | nc -l -p 8080; done']
---
apiVersion: v1
kind: Pod
metadata: { name: unknown }
spec:
  terminationGracePeriodSeconds: 0
  containers: [{ name: main, image: example.org/app, command: [node, server.js] }]
---
apiVersion: v1
kind: Pod
metadata: { name: waiting }
spec:
  terminationGracePeriodSeconds: 0
  volumes: [{ name: data, persistentVolumeClaim: { claimName: data } }]
  containers: [{ name: main, image: nginx, volumeMounts: [{ name: data, mountPath: /data }] }]
`,
  'claim.yaml': `
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: data }
spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } }
`,
  'kustom/kustomization.yaml': 'resources: [config.yaml]\nnamePrefix: kustom-\n',
  'kustom/config.yaml': `
apiVersion: v1
kind: ConfigMap
metadata: { name: one }
data: { a: b }
`,
};
