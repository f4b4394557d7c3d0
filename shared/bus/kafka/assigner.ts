import { Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { AssignerProtocol, type PartitionAssigner } from "kafkajs";

export interface Share {
  readonly id: string;
  /** How much work it takes, beside the others. */
  readonly weight: number;
  /** The partitions that it had last. */
  readonly had: readonly number[];
}

const NAME = "tessera-sticky";
const VERSION = 1;
const UserData = Type.Object({
  weight: Type.Number({ exclusiveMinimum: 0, maximum: 1e6 }),
  had: Type.Array(Type.Integer({ minimum: 0 })),
});

/**
 * Partitions by weight, moving as few as that allows: whoever keeps a partition keeps what it has begun of it, whoever
 * loses one has that done twice. (Kafka's round robin moves nearly all of them at every join.)
 *
 * @param self asked at every join of the group
 */
export const stickyAssigner =
  (self: () => Omit<Share, "id">): PartitionAssigner =>
  ({ cluster }) => ({
    name: NAME,
    version: VERSION,
    protocol: ({ topics }) => {
      const { weight, had } = self();
      const userData = Buffer.from(JSON.stringify({ weight, had }));
      return {
        name: NAME,
        metadata: AssignerProtocol.MemberMetadata.encode({ version: VERSION, topics, userData }),
      };
    },
    assign: async ({ members, topics }) => {
      const topic = topics[0]!;
      const partitions = cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId);
      const shares = members.map(({ memberId, memberMetadata }) => shareOf(memberId, memberMetadata));
      return [...assign(partitions, shares)].map(([memberId, given]) => ({
        memberId,
        memberAssignment: AssignerProtocol.MemberAssignment.encode({
          version: VERSION,
          assignment: { [topic]: given },
          userData: Buffer.alloc(0),
        }),
      }));
    },
  });

/** What a member says of itself; one that cannot be understood counts as a new one of weight 1. */
function shareOf(id: string, metadata: Buffer): Share {
  try {
    const said: unknown = JSON.parse(
      AssignerProtocol.MemberMetadata.decode(metadata)?.userData.toString() ?? "",
    );
    if (Value.Check(UserData, said)) return { id, weight: said.weight, had: said.had };
  } catch {
    // as below
  }
  return { id, weight: 1, had: [] };
}

/** Every partition to one member: as many as its weight earns, those that it had first. The order of members is nothing. */
export function assign(partitions: readonly number[], shares: readonly Share[]): Map<string, number[]> {
  const members = quotas(partitions.length, shares);
  const free = new Set(partitions);
  const given = new Map<string, number[]>();
  for (const { id, had, quota } of members) {
    const kept = had.filter((partition) => free.has(partition)).slice(0, quota);
    for (const partition of kept) free.delete(partition);
    given.set(id, [...new Set(kept)]);
  }
  const rest = [...free].sort((a, b) => a - b);
  for (const { id, quota } of members) {
    const own = given.get(id)!;
    own.push(...rest.splice(0, quota - own.length));
  }
  return given;
}

/** Whole numbers that add up to `count`; what is left over goes first to those that had more than their even part. */
function quotas(count: number, shares: readonly Share[]): (Share & { readonly quota: number })[] {
  const sum = shares.reduce((total, { weight }) => total + weight, 0);
  const floors = shares.map((share) => ({ ...share, quota: Math.floor((count * share.weight) / sum) }));
  let left = count - floors.reduce((total, { quota }) => total + quota, 0);
  return floors
    .toSorted((a, b) => Number(hadMore(b)) - Number(hadMore(a)) || (a.id < b.id ? -1 : 1))
    .map((share) => (left-- > 0 ? { ...share, quota: share.quota + 1 } : share));
}

const hadMore = ({ had, quota }: Share & { readonly quota: number }): boolean => had.length > quota;
