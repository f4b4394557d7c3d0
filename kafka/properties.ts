/** `server.properties` of a node: KRaft, broker and controller at once, on the loopback interface. */
export type Properties = Readonly<Record<string, string | number | boolean>>;

export interface Listener {
  /** As Kafka's other settings call it; in capitals. */
  readonly name: string;
  readonly protocol: "PLAINTEXT" | "SSL" | "SASL_SSL";
  readonly port: number;
}

export interface NodePlan {
  /** From 1. */
  readonly id: number;
  /** The first is the one that the nodes themselves use. */
  readonly listeners: readonly Listener[];
  /** Where the controller listens. */
  readonly controllerPort: number;
  /** Where the node keeps its data. */
  readonly data: string;
}

/** @param cluster every node of the cluster, this one too */
export function nodeProperties(node: NodePlan, cluster: readonly NodePlan[]): Properties {
  const controller = { name: "CONTROLLER", protocol: "PLAINTEXT", port: node.controllerPort } as const;
  const listeners = [...node.listeners, controller];
  const copies = cluster.length;
  return {
    "process.roles": "broker,controller",
    "node.id": node.id,
    "controller.quorum.voters": cluster
      .map(({ id, controllerPort }) => `${id}@${addressOf(controllerPort)}`)
      .join(","),
    listeners: listeners.map(({ name, port }) => `${name}://${addressOf(port)}`).join(","),
    "listener.security.protocol.map": listeners.map(({ name, protocol }) => `${name}:${protocol}`).join(","),
    "controller.listener.names": controller.name,
    "inter.broker.listener.name": node.listeners[0]!.name,
    "log.dirs": node.data,
    "offsets.topic.replication.factor": copies,
    "offsets.topic.num.partitions": 4,
    "transaction.state.log.replication.factor": copies,
    "transaction.state.log.min.isr": Math.min(2, copies),
    "group.initial.rebalance.delay.ms": 0,
    "auto.create.topics.enable": false,
    // a node that was killed is missed soon, and let in again soon
    "broker.session.timeout.ms": 2000,
    "broker.heartbeat.interval.ms": 500,
  };
}

export const addressOf = (port: number): string => `127.0.0.1:${port}`;

export const propertiesText = (properties: Properties): string =>
  Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
