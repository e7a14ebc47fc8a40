#!/bin/sh
# Process 1 of the board's very first boot: has the packages configure themselves, as an installer would, and makes the
# two users. Its last line on the console tells the host that all of it worked.
set -eu
export PATH=/usr/sbin:/usr/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
export DPKG_ROOT='' DPKG_MAINTSCRIPT_ARCH=arm64 DPKG_MAINTSCRIPT_NAME=preinst
failed() {
    echo "BOARD-SETUP-FAILED"
    sync
    echo o > /proc/sysrq-trigger
    sleep 60
}
trap failed EXIT
mount -t tmpfs tmpfs /run
mkdir /run/lock
mount -t tmpfs tmpfs /tmp
mount -t devpts devpts /dev/pts 2> /dev/null || { mkdir -p /dev/pts && mount -t devpts devpts /dev/pts; }
ln -sf mawk /usr/bin/awk # until mawk's own script makes the same of it
printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d # nothing can be started yet
chmod 755 /usr/sbin/policy-rc.d
cat > /etc/fstab < /setup/fstab

cd /var/lib/dpkg/info
for script in base-passwd.preinst $(ls ./*.preinst | grep -v base-passwd); do
    package=$(basename "$script" .preinst)
    DPKG_MAINTSCRIPT_PACKAGE=${package%:*} "./$(basename "$script")" install
done
cd /
dpkg --force-unsafe-io --configure base-passwd base-files libc6 dpkg debconf > /dev/null 2>&1 || true
dpkg --force-unsafe-io --configure --pending
echo "packages configured after $(cut -d' ' -f1 /proc/uptime) s"
test -z "$(dpkg --audit)"
rm /usr/sbin/policy-rc.d
depmod "$(ls /usr/lib/modules)"

echo board > /etc/hostname
printf '127.0.0.1\tlocalhost\n127.0.1.1\tboard\n::1\tlocalhost ip6-localhost ip6-loopback\n' > /etc/hosts
cp /setup/*.network /etc/systemd/network/
systemctl enable systemd-networkd
# These either want the internet or can never work here, and a board with a failed unit is not "running".
systemctl mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
    proc-sys-fs-binfmt_misc.automount systemd-binfmt.service
mkdir -p /var/log/journal # the log outlives a reboot, as on Raspberry Pi OS

for user in pi locked; do
    useradd --create-home --shell /bin/bash --groups adm,dialout,sudo,video,plugdev $user
    install -d -m 700 -o $user -g $user /home/$user/.ssh
    install -m 600 -o $user -g $user /setup/key.pub /home/$user/.ssh/authorized_keys
done
passwd --lock root
echo "locked:$(cat /setup/password)" | chpasswd
echo 'pi ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/010_pi-nopasswd
chmod 440 /etc/sudoers.d/010_pi-nopasswd

rm -r /setup
trap - EXIT
echo "board setup took $(cut -d' ' -f1 /proc/uptime) s"
echo "BOARD-SETUP-DONE"
sync
echo u > /proc/sysrq-trigger # read-only: an unmounted file system, as after an orderly halt
sleep 2
echo o > /proc/sysrq-trigger
sleep 60
