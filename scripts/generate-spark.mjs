// Makes src/engine/spark/proto/*_pb.ts from the .proto files beside them. Needs protoc: on the path, or named by PROTOC
// (`PROTOC="python -m grpc_tools.protoc"` after `pip install grpcio-tools`). The outputs are committed, so a build needs neither.
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = join(dirname(fileURLToPath(import.meta.url)), '../src/engine/spark/proto');
const [command, ...rest] = (process.env.PROTOC ?? 'protoc').split(' ');
const protos = readdirSync(folder).filter((name) => name.endsWith('.proto'));
const protoc = [command, ...rest, `-I${folder}`, `--es_out=${folder}`, '--es_opt=target=ts', ...protos];
execFileSync('npm', ['exec', '--yes', '--package=@bufbuild/protoc-gen-es@2.17.0', '--call', protoc.join(' ')], { cwd: folder, stdio: 'inherit' });
