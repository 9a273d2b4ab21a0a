import { readFileSync } from 'node:fs';
import { fromBinary } from '@bufbuild/protobuf';
import { type DescriptorProto, type FieldDescriptorProto, FieldDescriptorProto_Type, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import { file_connect } from '#dist/engine/spark/proto/connect_pb.js';

/** The release's own definitions, see the folder's README. */
const RELEASE = fromBinary(FileDescriptorSetSchema, readFileSync(new URL('../../fixtures/spark-connect/spark-4.3.0.binpb', import.meta.url)));

/** All messages by their full name. */
function messages(files: readonly { messageType: DescriptorProto[] }[]): Map<string, DescriptorProto> {
  const found = new Map<string, DescriptorProto>();
  const visit = (message: DescriptorProto, prefix: string): void => {
    const name = `${prefix}.${message.name}`;
    found.set(name, message);
    for (const inner of message.nestedType) visit(inner, name);
  };
  for (const file of files) for (const message of file.messageType) visit(message, '.spark.connect');
  return found;
}

/** What the wire knows of a field; an enumeration is an int32 there. */
function shape(field: FieldDescriptorProto, of: DescriptorProto) {
  const enumeration = field.type === FieldDescriptorProto_Type.ENUM;
  const oneof = Object.hasOwn(field, 'oneofIndex') && !field.proto3Optional ? of.oneofDecl[field.oneofIndex].name : undefined;
  return {
    number: field.number,
    type: enumeration ? FieldDescriptorProto_Type.INT32 : field.type,
    typeName: enumeration ? '' : field.typeName,
    label: field.label,
    optional: field.proto3Optional,
    oneof,
  };
}

describe('our part of the protocol is as the release has it', () => {
  const theirs = messages(RELEASE.file);
  const ours = messages([file_connect.proto]);

  it('every field of every message', () => {
    const wrong = [...ours].flatMap(([name, mine]) =>
      mine.field.flatMap((field) => {
        const released = theirs.get(name);
        const same = released?.field.find((f) => f.name === field.name);
        const [found, wanted] = [JSON.stringify(shape(field, mine)), same && released ? JSON.stringify(shape(same, released)) : 'no such field'];
        return found === wanted ? [] : [`${name}.${field.name}: ${found}, in the release ${wanted}`];
      }),
    );
    expect(wrong).toEqual([]);
    expect(ours.size).toBeGreaterThan(130);
  });

  it('the calls of the service', () => {
    const released = RELEASE.file.flatMap((f) => f.service).find((s) => s.name === 'SparkConnectService')!;
    const calls = file_connect.proto.service[0].method;
    const plain = (m: (typeof calls)[number]) => [m.inputType, m.outputType, m.clientStreaming, m.serverStreaming];
    for (const call of calls) expect([call.name, ...plain(call)]).toEqual([call.name, ...plain(released.method.find((m) => m.name === call.name)!)]);
    expect(calls).toHaveLength(10);
  });
});
