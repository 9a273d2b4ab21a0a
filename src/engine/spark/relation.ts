import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { type Relation, RelationSchema } from './proto/connect_pb.ts';

/** What a relation does, and over which others. */
export type RelType = NonNullable<MessageInitShape<typeof RelationSchema>['relType']>;

export function relationOf(relType: RelType, planId?: bigint): Relation {
  return create(RelationSchema, { ...(planId !== undefined && { common: { planId } }), relType });
}
