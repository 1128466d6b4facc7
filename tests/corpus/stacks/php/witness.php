<?php
declare(strict_types=1);

/** The database: deliveries handled, rows, and the witness behind GET /_seen. The workers share it. */
function database(): PDO
{
    static $pdo = null;
    if ($pdo === null) {
        $pdo = new PDO('sqlite:' . getenv('CORPUS_DATABASE'), null, null, [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
        $pdo->exec('PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF');
        $pdo->exec(
            'CREATE TABLE IF NOT EXISTS deliveries (svix_id TEXT PRIMARY KEY);
             CREATE TABLE IF NOT EXISTS items (kind TEXT, id TEXT, item TEXT, PRIMARY KEY (kind, id));
             CREATE TABLE IF NOT EXISTS attempts (n INTEGER PRIMARY KEY, svix_id TEXT, type TEXT, status TEXT)',
        );
    }
    return $pdo;
}

/** One delivery attempt as this consumer saw it. */
final class Attempt
{
    public ?string $type = null;
    public ?string $status = null;
    private bool $entered = false;

    public function __construct(private ?string $svixId)
    {
    }

    public function enter(string $otherwise): void
    {
        if ($this->entered) {
            return;
        }
        $this->entered = true;
        database()->prepare('INSERT INTO attempts (svix_id, type, status) VALUES (?, ?, ?)')
            ->execute([$this->svixId, $this->type, $this->status ?? $otherwise]);
    }
}

function seen(): string
{
    $rows = database()->query('SELECT svix_id, type, status FROM attempts ORDER BY n')->fetchAll(PDO::FETCH_ASSOC);
    return json_encode($rows, JSON_INVALID_UTF8_SUBSTITUTE | JSON_THROW_ON_ERROR);
}

/** Inserts or replaces a row: the effect that makes an attempt handled. */
function save(Attempt $attempt, string $kind, string $id, array $item): void
{
    $json = json_encode($item, JSON_THROW_ON_ERROR);
    database()->prepare('INSERT OR REPLACE INTO items (kind, id, item) VALUES (?, ?, ?)')->execute([$kind, $id, $json]);
    $attempt->status = 'handled';
}
