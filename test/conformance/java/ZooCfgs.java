import java.io.File;
import java.util.Arrays;
import org.apache.zookeeper.server.quorum.QuorumPeerConfig;

/** Reads each zoo.cfg of the folders in a folder as a server does when it starts, and prints what it makes of it, a line each. */
public class ZooCfgs {
  public static void main(String[] args) {
    File[] folders = new File(args[0]).listFiles(File::isDirectory);
    Arrays.sort(folders);
    for (File folder : folders) {
      QuorumPeerConfig.setStandaloneEnabled(true);
      QuorumPeerConfig.setReconfigEnabled(false);
      System.out.println(folder.getName() + "\t" + verdict(new File(folder, "zoo.cfg")));
    }
  }

  private static String verdict(File file) {
    QuorumPeerConfig config = new QuorumPeerConfig();
    try {
      config.parse(file.toString());
    } catch (Exception e) {
      return "refused";
    }
    String kind = config.isDistributed()
        ? "server " + config.getServerId() + " of " + config.getQuorumVerifier().toString().replace("\n", " ")
        : "alone";
    var client = config.getClientPortAddress();
    return client == null ? kind : kind + " at " + client.getPort();
  }
}
