/** As many Services, each with a Deployment behind it, and one Ingress with a host for each. */
export function manifests(services: number, podsPerService: number): string {
  const names = Array.from({ length: services }, (_, index) => serviceName(index));
  return [...names.map((name) => service(name, podsPerService)), ingress(names)].join('---\n');
}

export function serviceName(index: number): string {
  return `svc-${index}`;
}

/** The host under which the Ingress leads to this Service. */
export function hostOf(name: string): string {
  return `${name}.example.org`;
}

function service(name: string, pods: number): string {
  return `apiVersion: v1
kind: Service
metadata: { name: ${name}, labels: { app: ${name} } }
spec:
  selector: { app: ${name} }
  ports: [{ name: http, port: 80, targetPort: http }]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, labels: { app: ${name} } }
spec:
  replicas: ${pods}
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec:
      containers:
        - name: main
          image: example.org/${name}:1
          ports: [{ name: http, containerPort: 8080 }]
          readinessProbe: { httpGet: { path: /, port: http } }
`;
}

function ingress(services: readonly string[]): string {
  const rules = services.map(
    (name) => `    - host: ${hostOf(name)}
      http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: ${name}, port: { name: http } } } }] }
`,
  );
  return `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: shop }
spec:
  rules:
${rules.join('')}`;
}
