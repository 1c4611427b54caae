import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.state.ConnectionState;
import org.apache.curator.retry.RetryNTimes;

/** What a check works with: clients of its own, threads, and the ensemble's owner at the other end of the standard streams. */
final class World implements AutoCloseable {
  static final int KILLS = 2;
  private static final long PATIENCE_MS = 60_000;
  private static final BufferedReader ANSWERS = new BufferedReader(new InputStreamReader(System.in));

  private final String connectString;
  private final Map<CuratorFramework, Integer> reconnects = new ConcurrentHashMap<>();
  private final List<AutoCloseable> opened = new ArrayList<>();
  private final ExecutorService threads = Executors.newCachedThreadPool();

  World(String connectString) {
    this.connectString = connectString;
  }

  /** A client that tries again for longer than an election takes, and whose session outlives one. */
  CuratorFramework connect() throws Exception {
    RetryNTimes retries = new RetryNTimes((int) (PATIENCE_MS / 50), 50);
    CuratorFramework client = CuratorFrameworkFactory.newClient(connectString, 15_000, 10_000, retries);
    reconnects.put(client, 0);
    client.getConnectionStateListenable().addListener((same, state) -> {
      if (state == ConnectionState.RECONNECTED) reconnects.merge(client, 1, Integer::sum);
    });
    client.start();
    require(client.blockUntilConnected((int) PATIENCE_MS, TimeUnit.MILLISECONDS), "no connection");
    return client;
  }

  /** Closed before the clients are, the last one first. */
  <T extends AutoCloseable> T opened(T recipe) {
    opened.add(recipe);
    return recipe;
  }

  <T> Future<T> inBackground(Callable<T> work) {
    return threads.submit(work);
  }

  /** Kills the leader and starts it again, some times over, each time until every client has been cut off and is back. */
  void killLeaders() throws Exception {
    for (int kill = 0; kill < KILLS; kill++) {
      Map<CuratorFramework, Integer> before = Map.copyOf(reconnects);
      ask("kill-leader");
      until("every client is back", () -> before.entrySet().stream()
          .allMatch(entry -> reconnects.get(entry.getKey()) > entry.getValue()));
      ask("start-killed");
    }
  }

  /** Ends a session in the ensemble, whose client learns of it when it reconnects. */
  void expire(CuratorFramework client) throws Exception {
    long session = client.getZookeeperClient().getZooKeeper().getSessionId();
    ask("expire 0x" + Long.toHexString(session));
  }

  private static void ask(String wish) throws IOException {
    System.out.println("please " + wish);
    require("done".equals(ANSWERS.readLine()), "no answer to " + wish);
  }

  /** What a node holds when all that was committed before is seen. */
  static String read(CuratorFramework client, String path) throws Exception {
    client.sync().forPath(path);
    return new String(client.getData().forPath(path));
  }

  /** Asks again and again, since recipes do not tell of all that they learn. */
  static void until(String what, Callable<Boolean> isSo) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MS);
    while (!isSo.call()) {
      require(System.nanoTime() < deadline, "not within " + PATIENCE_MS + " ms: " + what);
      Thread.sleep(10);
    }
  }

  static <T> T result(Future<T> work) throws Exception {
    return work.get(PATIENCE_MS, TimeUnit.MILLISECONDS);
  }

  static void equal(Object actual, Object expected, String what) {
    require(actual.equals(expected), what + ": " + actual + " instead of " + expected);
  }

  static void require(boolean isSo, String otherwise) {
    if (!isSo) throw new AssertionError(otherwise);
  }

  @Override
  public void close() {
    threads.shutdownNow();
    for (int last = opened.size() - 1; last >= 0; last--) closeQuietly(opened.get(last));
    reconnects.keySet().forEach(World::closeQuietly);
  }

  /** Some recipes object to being closed twice, and a check may have closed them. */
  private static void closeQuietly(AutoCloseable closeable) {
    try {
      closeable.close();
    } catch (Exception alreadyClosed) {
      // nothing is left to be done
    }
  }
}
