export function progress(what: string): (outcome?: string) => void;
