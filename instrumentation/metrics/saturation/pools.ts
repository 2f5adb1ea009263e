import type { OwnMetric } from "../family.ts";
import { type Reading, Readout } from "../readout.ts";

/** The state of one pool of connections at the moment it is read. */
export interface PoolState {
	/** `db.client.connection.pool.name`: `host:port/database` when the app gives it no name. */
	name: string;
	used: number;
	idle: number;
	/** Requests that wait for a connection. */
	pending: number;
	limit: number;
}

/** More pools than this are a leak of the app's, which must not become ours. */
const MAX_POOLS = 1_000;

/** The connection pools of this process. Pools are read when somebody asks; nothing is done while they are used. */
export class ConnectionPools {
	private readonly known = new WeakSet<object>();
	private readonly pools = new Set<{ pool: WeakRef<object>; read: (pool: object) => PoolState | undefined }>();

	/** @param read undefined once the pool is closed. */
	add<P extends object>(pool: P, read: (pool: P) => PoolState | undefined): void {
		if (!this.known.has(pool) && this.pools.size < MAX_POOLS) {
			this.known.add(pool);
			this.pools.add({ pool: new WeakRef<object>(pool), read: read as (pool: object) => PoolState | undefined });
		}
	}

	/** `db.client.connection.*`; pools of one name are one. */
	metrics(): OwnMetric[] {
		const gauge = (name: string, unit: string, help: string, readings: (state: PoolState) => Reading[]): OwnMetric =>
			new Readout({ name: `db.client.connection.${name}`, unit, type: "gauge", help }, () =>
				this.states().flatMap(readings),
			);
		const of = ({ name }: PoolState) => ({ "db.client.connection.pool.name": name });
		return [
			gauge("count", "{connection}", "Open connections of a pool by state.", (state) => [
				[state.used, { ...of(state), "db.client.connection.state": "used" }],
				[state.idle, { ...of(state), "db.client.connection.state": "idle" }],
			]),
			gauge("pending_requests", "{request}", "Requests that wait for a connection of a pool.", (state) => [
				[state.pending, of(state)],
			]),
			gauge("limit", "{connection}", "The most connections a pool may open.", (state) => [[state.limit, of(state)]]),
		];
	}

	private states(): PoolState[] {
		const byName = new Map<string, PoolState>();
		for (const entry of this.pools) {
			const pool = entry.pool.deref();
			const state = pool === undefined ? undefined : entry.read(pool);
			if (state === undefined) {
				this.pools.delete(entry);
				continue;
			}
			const same = byName.get(state.name);
			if (same === undefined) {
				byName.set(state.name, { ...state });
			} else {
				same.used += state.used;
				same.idle += state.idle;
				same.pending += state.pending;
				same.limit += state.limit;
			}
		}
		return [...byName.values()];
	}
}

interface PgPool {
	options: { host?: string; port?: number; database?: string; max: number };
	totalCount: number;
	idleCount: number;
	waitingCount: number;
	ended?: boolean;
}

/** @param exports pg-pool's: pg's own pools are made of it. @returns false when it is not built the way we know. */
export function watchPgPools(exports: object, pools: ConnectionPools): boolean {
	const prototype = (exports as { prototype?: PgPool & { connect: (...args: unknown[]) => unknown } }).prototype;
	if (prototype === undefined || typeof prototype.connect !== "function" || !("waitingCount" in prototype)) {
		return false;
	}
	const { connect } = prototype;
	// Every query of a pool begins here.
	prototype.connect = function (this: PgPool, ...args: unknown[]) {
		pools.add(this, pgState);
		return connect.apply(this, args);
	};
	return true;
}

function pgState({ options, totalCount, idleCount, waitingCount, ended }: PgPool): PoolState | undefined {
	return ended === true
		? undefined
		: {
				name: poolName(options.host, options.port ?? 5432, options.database),
				used: totalCount - idleCount,
				idle: idleCount,
				pending: waitingCount,
				limit: options.max,
			};
}

interface Mysql2Pool {
	config: { connectionLimit: number; connectionConfig?: { host?: string; port?: number; database?: string } };
	_allConnections: { length: number };
	_freeConnections: { length: number };
	_connectionQueue: { length: number };
	_closed?: boolean;
}

/** @param exports mysql2's, which its promise version is made of. @returns false when it is not built the way we know. */
export function watchMysql2Pools(exports: object, pools: ConnectionPools): boolean {
	const module = exports as { createPool?: (...args: unknown[]) => object };
	const { createPool } = module;
	if (typeof createPool !== "function") {
		return false;
	}
	module.createPool = function (this: unknown, ...args) {
		const pool = createPool.apply(this, args);
		pools.add(pool as Mysql2Pool, mysql2State);
		return pool;
	};
	return true;
}

/** The lists are mysql2's own and have no public name. */
function mysql2State(pool: Mysql2Pool): PoolState | undefined {
	const { config, _allConnections: all, _freeConnections: free, _connectionQueue: queue } = pool;
	if (pool._closed === true || all === undefined || free === undefined || queue === undefined) {
		return undefined;
	}
	const { host, port = 3306, database } = config.connectionConfig ?? {};
	return {
		name: poolName(host, port, database),
		used: all.length - free.length,
		idle: free.length,
		pending: queue.length,
		limit: config.connectionLimit,
	};
}

function poolName(host = "localhost", port: number, database: string | undefined): string {
	return database === undefined ? `${host}:${port}` : `${host}:${port}/${database}`;
}
