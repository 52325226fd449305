/**
 * The workloads, as they stand in examples/ (a test compares): an installed program has no examples beside it.
 */
export const MANIFESTS: Readonly<Record<'red' | 'client', string>> = {
  red: `# The red half of a blue-green demo: one web server on port 80, the workload of the istio.io post of 2019.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: demo-red
  labels: {app: demo-red}
spec:
  replicas: 1
  selector:
    matchLabels:
      app: demo-red
  template:
    metadata:
      labels:
        app: demo-red
        version: version-red   # the canary rule matches on this
    spec:
      containers:
        - name: demo-red
          image: "example/demo:red"
          ports:
            - containerPort: 80
          livenessProbe:
            httpGet: {path: /healthz, port: 80}
---
# Kinds without a pod pass through untouched.
apiVersion: v1
kind: Service
metadata:
  name: demo-red
spec:
  selector: {app: demo-red}
  ports:
    - port: 80
`,
  client: `# The other side of the demo: a pod that calls demo-red and the world. It serves, too, so that it can be called back.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: demo-client
  labels: {app: demo-client}
spec:
  replicas: 1
  selector:
    matchLabels:
      app: demo-client
  template:
    metadata:
      labels:
        app: demo-client
        version: v1
    spec:
      containers:
        - name: demo-client
          image: "example/demo:client"
          ports:
            - containerPort: 8080
`,
};
