import { Code, ConnectError } from '@connectrpc/connect';
import { MlError, type MlErrorCode, type MlErrorDetails, show } from '../../error.ts';
import { isLostThere } from '../kept-models.ts';
import type { FetchErrorDetailsResponse } from './proto/connect_pb.ts';
import { ErrorInfoSchema } from './proto/error-details_pb.ts';

/** What the server says of an error, made plain. */
interface Said {
  /** Spark's error class, such as `UNRESOLVED_COLUMN.WITH_SUGGESTION`; empty when it has none. */
  readonly errorClass: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly sqlState: string;
  readonly message: string;
}

/** Of what a server keeps of models. */
const CACHE_SETTINGS = 'spark.connect.session.connectML.mlCache.memoryControl.';

/** By the start of Spark's error class. The first that fits counts. */
const CODES: readonly (readonly [RegExp, MlErrorCode])[] = [
  [
    /^(UNRESOLVED_COLUMN|FIELD_NOT_FOUND|CANNOT_RESOLVE_DATAFRAME_COLUMN|UNRESOLVED_USING_COLUMN_FOR_JOIN|UNRESOLVED_FIELD|COLUMN_NOT_DEFINED_IN_TABLE)/,
    'COLUMN_NOT_FOUND',
  ],
  [/^AMBIGUOUS/, 'COLUMN_AMBIGUOUS'],
  [/^COLUMN_ALREADY_EXISTS/, 'COLUMN_EXISTS'],
  [/^(PATH_NOT_FOUND|TABLE_OR_VIEW_NOT_FOUND|CONNECT_ML\.CACHE_INVALID|CONNECT_ML\.MODEL_SUMMARY_LOST)/, 'NOT_FOUND'],
  [/^PATH_ALREADY_EXISTS/, 'ALREADY_EXISTS'],
  [/^(INVALID_HANDLE\.(SESSION|OPERATION)|CONNECT\.SESSION)/, 'SESSION_CLOSED'],
  [/^(CONNECT_ML\.(ATTRIBUTE_NOT_ALLOWED|UNSUPPORTED_EXCEPTION)|UNSUPPORTED_FEATURE|UNSUPPORTED_CONNECT_FEATURE)/, 'NOT_SUPPORTED'],
  [/^(PARSE_SYNTAX_ERROR|PARSE_|INVALID_SQL_SYNTAX)/, 'SQL_FAILED'],
  [/^(CONNECT_ML\.(MODEL_SIZE|ML_CACHE_SIZE)|CONNECT_ML\.(.*)OVERFLOW)/, 'MEMORY_LIMIT'],
  [/^(FAILED_READ_FILE|CANNOT_READ)/, 'IO_FAILED'],
  [/^(NUM_COLUMNS_MISMATCH|ASSIGNMENT_ARITY_MISMATCH|INCOMPATIBLE_COLUMN_TYPE|NUM_TABLE_VALUE_ALIASES_MISMATCH)/, 'SCHEMA_INVALID'],
];

/**
 * The error of a call as one of ours: one sentence, Spark's error class in the details, where asked for its Java stack too, the raw error as cause.
 */
export function connectError(error: unknown, owner: string, fetched: FetchErrorDetailsResponse | null = null, withStack = false): MlError {
  if (error instanceof MlError) return error;
  if (!(error instanceof ConnectError)) {
    return new MlError('SPARK_FAILED', `${owner}: ${error instanceof Error ? error.message : String(error)}`, {}, { cause: error });
  }
  const transport = transportError(error, owner);
  if (transport) return transport;
  const said = whatWasSaid(error, fetched);
  const { code, sentence, details } = told(said);
  return new MlError(
    code,
    `${owner}: ${sentence}`,
    {
      ...details,
      ...(said.errorClass && { errorClass: said.errorClass }),
      ...(said.sqlState && { sqlState: said.sqlState }),
      ...(withStack && { javaStack: javaStack(fetched) ?? error.rawMessage }),
    },
    { cause: error },
  );
}

/** The key by which the server tells more of an error; undefined when it offers nothing. */
export function errorId(error: unknown): string | undefined {
  return error instanceof ConnectError ? error.findDetails(ErrorInfoSchema)[0]?.metadata.errorId : undefined;
}

/** Spark's error class, or an empty text. */
export function errorClassOf(error: unknown): string {
  if (!(error instanceof ConnectError)) return '';
  return error.findDetails(ErrorInfoSchema)[0]?.metadata.errorClass ?? /\[([A-Z][A-Z\d_.]+)\]/.exec(error.rawMessage)?.[1] ?? '';
}

/** The key of the model that the server said it no longer has; null for other errors. */
export function lostModel(error: unknown): string | null {
  if (!isLostThere(error)) return null;
  return /[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/.exec(String(error.cause))?.[0] ?? null;
}

/** Whether the connection failed, and not what was asked: no word of the server's comes with it. */
export function isBroken(error: ConnectError): boolean {
  if (error.code === Code.Unavailable || error.code === Code.Aborted) return true;
  if (errorClassOf(error) !== '') return false;
  return /http\/?2|stream closed|protocol error|missing status|missing message|premature|socket|EPIPE|ECONN|EPROTO|SSL/i.test(error.rawMessage);
}

/** Errors of the connection itself, which say nothing of a plan. */
function transportError(error: ConnectError, owner: string): MlError | null {
  const raw = firstLine(error.rawMessage);
  const known = errorClassOf(error) !== '';
  const make = (code: MlErrorCode, text: string) => new MlError(code, `${owner}: ${text}`, { status: Code[error.code] }, { cause: error });
  switch (error.code) {
    case Code.Unauthenticated:
    case Code.PermissionDenied:
      return make('ACCESS_DENIED', `the server refuses the token (${raw}); put the right one into the address as token=…`);
    case Code.ResourceExhausted:
      return make(
        'MEMORY_LIMIT',
        `a message is larger than the limit, 128 MiB unless grpc_max_message_size says otherwise (${raw}); take fewer rows or columns at once, or read a path of the server's`,
      );
    case Code.Unimplemented:
      return make('NOT_SUPPORTED', `the server does not offer this call (${raw}); Spark 4.0 or newer is needed`);
    case Code.DeadlineExceeded:
      return make('CONNECTION_LOST', `the Spark server did not answer in time (${raw})`);
    default:
      if (!isBroken(error) || known) return null;
      return make('CONNECTION_LOST', `the Spark server cannot be reached (${raw}); check the address and its use_ssl, and that the server runs`);
  }
}

function whatWasSaid(error: ConnectError, fetched: FetchErrorDetailsResponse | null): Said {
  const info = error.findDetails(ErrorInfoSchema)[0];
  const chain = causes(fetched);
  const withClass = chain.find((e) => e.sparkThrowable?.errorClass);
  const errorClass = info?.metadata.errorClass ?? withClass?.sparkThrowable?.errorClass ?? errorClassOf(error);
  const parameters = withClass?.sparkThrowable?.messageParameters ?? parametersOf(info?.metadata.messageParameters);
  // The text of a user function's failure only says that there was one: its deepest cause says which.
  const deepest = chain.at(-1)?.message;
  const says = chain[0]?.message || error.rawMessage || (info?.reason ?? '');
  const message =
    deepest && (says === '' || /^(FAILED_EXECUTE_UDF|INTERNAL_ERROR|TASK_WRITE_FAILED|FAILED_READ_FILE)/.test(errorClass)) ? deepest : says;
  return { errorClass, parameters: new Map(Object.entries(parameters)), sqlState: info?.metadata.sqlState ?? '', message: plainText(message) };
}

/** The errors from the outermost to the deepest cause. */
function causes(fetched: FetchErrorDetailsResponse | null) {
  const chain = [];
  for (let at = fetched?.rootErrorIdx; at !== undefined && fetched?.errors[at] && chain.length < 20; at = fetched.errors[at].causeIdx)
    chain.push(fetched.errors[at]);
  return chain;
}

/** The errors with their places in the server's code, as Java prints them; null when it told none. */
function javaStack(fetched: FetchErrorDetailsResponse | null): string | null {
  const told = causes(fetched).map(({ errorTypeHierarchy: [type = 'Throwable'], message, stackTrace }) => {
    const places = stackTrace.map((at) => `\tat ${at.declaringClass}.${at.methodName}(${at.fileName ?? 'Unknown Source'}:${at.lineNumber})`);
    return [`${type}: ${message}`, ...places].join('\n');
  });
  return told.length === 0 ? null : told.join('\nCaused by: ');
}

function parametersOf(json: string | undefined): Record<string, string> {
  try {
    return json === undefined ? {} : (JSON.parse(json) as Record<string, string>);
  } catch {
    return {};
  }
}

/** The sentence and the code for what the server said. */
function told({ errorClass, parameters, sqlState, message }: Said): { code: MlErrorCode; sentence: string; details: MlErrorDetails } {
  const code = CODES.find(([pattern]) => pattern.test(errorClass))?.[1] ?? byState(sqlState, message);
  const name = parameters.get('objectName') ?? parameters.get('fieldName') ?? parameters.get('colName') ?? parameters.get('name');
  switch (code) {
    case 'COLUMN_NOT_FOUND': {
      const column = name === undefined ? undefined : unquoted(name);
      const suggested = parameters.get('proposal') ?? parameters.get('fields');
      const has = suggested ? `; the frame has ${suggested.replaceAll('`', '')}` : '';
      return {
        code,
        sentence: column === undefined ? message : `column ${show(column)} does not exist${has}`,
        details: column === undefined ? {} : { column },
      };
    }
    case 'COLUMN_AMBIGUOUS': {
      if (name === undefined) return { code, sentence: message, details: {} };
      const sentence = `column ${show(unquoted(name))} must be unique, but the frame has several; give the frames an alias, or rename or drop one`;
      return { code, sentence, details: { column: unquoted(name) } };
    }
    case 'SESSION_CLOSED': {
      const restarted = /CHANGED|NOT_FOUND|OPERATION/.test(errorClass);
      const what = restarted ? 'the server was started anew or has dropped the session' : 'the session was closed on the server';
      return { code, sentence: `${what}; its frames and models are gone, connect again`, details: {} };
    }
    case 'NOT_FOUND':
    case 'ALREADY_EXISTS': {
      if (errorClass.startsWith('CONNECT_ML')) {
        const sentence = `the model is no longer on the server; fit or load it again, and where servers drop models raise their ${CACHE_SETTINGS}offloadingTimeout`;
        return { code, sentence, details: {} };
      }
      const path = parameters.get('path') ?? parameters.get('outputPath');
      const hint = code === 'NOT_FOUND' ? "; paths are the server's" : "; use mode 'overwrite', or another path";
      return {
        code,
        sentence: path === undefined ? message : `${show(path)} ${code === 'NOT_FOUND' ? 'does not exist' : 'exists already'}${hint}`,
        details: path === undefined ? {} : { path },
      };
    }
    case 'MEMORY_LIMIT': {
      const setting = `${CACHE_SETTINGS}${/MODEL_SIZE/.test(errorClass) ? 'maxModelSize' : 'maxStorageSize'}`;
      return { code, sentence: `${message}; close models that are not needed, or raise the server's ${setting}`, details: {} };
    }
    default:
      return { code, sentence: message, details: {} };
  }
}

/** By the SQL state's class: 22 is about values, 42 about what was asked. */
function byState(sqlState: string, message: string): MlErrorCode {
  if (sqlState.startsWith('22')) return 'VALUE_INVALID';
  if (sqlState.startsWith('42')) return 'EXPRESSION_INVALID';
  if (sqlState.startsWith('0A')) return 'NOT_SUPPORTED';
  if (/already exists/.test(message)) return 'ALREADY_EXISTS';
  return 'SPARK_FAILED';
}

const unquoted = (name: string) =>
  name
    .replace(/^`(.*)`$/s, '$1')
    .replaceAll('`.`', '.')
    .replaceAll('``', '`');
const firstLine = (text: string) => text.trim().split('\n', 1)[0].trim();

/** The first sentences of a message: without error class, SQL state, and the plans and stacks that follow. */
function plainText(message: string): string {
  return (
    firstLine(message.replace('Generic Spark Connect ML error.', ''))
      // A task's last failure: where it ran is of no use here.
      .replace(/^Job aborted due to stage failure: .*?\): (?=[\w.]+(Exception|Error): )/, '')
      .replace(/^\(?[a-z][\w.]*\.[A-Z]\w*(Exception|Error)\)?:? ?/, '')
      .replace(/^\[[A-Z][A-Z\d_.]*\]\s*/, '')
      .replace(/^requirement failed: /, '')
      .replace(/\s*SQLSTATE:? [A-Z\d]{5}.*$/, '')
      // A setting that sessions of ours have and need.
      .replace(/\s*If necessary set "?spark\.sql\.ansi\.enabled"? to .*$/, '')
      .replace(/[.;:]\s*$/, '')
      .replace(/^[A-Z](?=[a-z])/, (c) => c.toLowerCase())
  );
}
